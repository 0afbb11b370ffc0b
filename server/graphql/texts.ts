// Texts of single objects that never change, kept until so many characters are: then all are forgotten.

export type Texts = {
  /** Writes an object's text once, as long as it is kept. The text may depend on the object alone. */
  once<Rest extends unknown[]>(
    write: (object: object, ...rest: Rest) => string,
  ): (object: object, ...rest: Rest) => string;
};

/** What was put together of many pieces is walked piece by piece at each use, until it is copied once. */
const inOnePiece = (text: string): string => Buffer.from(text).toString();

/** @param mostCharacters of all texts together. Objects that are gone count until the next forgetting. */
export const createTexts = ({ mostCharacters }: { mostCharacters: number }): Texts => {
  let characters = 0;
  let forgotten = 0;
  return {
    once: (write) => {
      let known = new WeakMap<object, string>();
      let since = forgotten;
      return (object, ...rest) => {
        if (since !== forgotten) {
          known = new WeakMap();
          since = forgotten;
        }
        const found = known.get(object);
        if (found !== undefined) return found;
        const text = inOnePiece(write(object, ...rest));
        characters += text.length;
        known.set(object, text);
        if (characters > mostCharacters) {
          forgotten += 1;
          characters = 0;
        }
        return text;
      };
    },
  };
};
