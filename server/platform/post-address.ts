// The rule for addresses that this server posts to: HTTPS anywhere, plain HTTP to this machine only, no user in it.

/** Such an address; null: it is none. It may hold a secret: whoever refuses it names it nowhere. */
export const postAddress = (text: string): URL | null => {
  const url = URL.parse(text);
  const isSafe =
    url !== null &&
    url.username === '' &&
    url.password === '' &&
    (url.protocol === 'https:' ||
      (url.protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname)));
  return isSafe ? url : null;
};
