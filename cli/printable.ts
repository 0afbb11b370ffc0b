// Names come from whoever named a machine: a terminal shows what is in them, and obeys nothing of it.

/** C0 and C1 but tab and new line, and what turns the direction of writing. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const commands = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Each control character as JSON writes it, so that a document in JSON means the same as before. */
export const printable = (text: string): string => text.replace(commands, escaped);

/** The same for what stands in one line: a name with another line in it would make up a row. */
export const inOneLine = (text: string): string => printable(text).replace(/[\t\n\u2028\u2029]/g, escaped);
