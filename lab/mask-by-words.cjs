// What ws asks of the package `bufferutil` (RFC 6455, 5.3), four bytes at a time.
'use strict';

const wordBytes = 4;

/** Writes `length` bytes of `source`, masked, into `output` from `offset` on. */
const mask = (source, key, output, offset, length) => {
  // An array of its own: the bytes may lie anywhere, words may not.
  const words = new Int32Array(Math.ceil(length / wordBytes));
  const bytes = new Uint8Array(words.buffer, 0, length);
  bytes.set(source.subarray(0, length));
  const [word] = new Int32Array(Uint8Array.from(key).buffer);
  for (let at = 0; at < words.length; at += 1) words[at] ^= word;
  output.set(bytes, offset);
};

module.exports = { mask, unmask: (buffer, key) => mask(buffer, key, buffer, 0, buffer.length) };
