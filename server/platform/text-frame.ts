// WebSocket frames that are made once and written to many.

/**
 * A text message as a server sends it: unmasked, so that the same bytes do for every socket, and uncompressed.
 * https://datatracker.ietf.org/doc/html/rfc6455#section-5.2
 */
export const textFrame = (text: string): Buffer => {
  const length = Buffer.byteLength(text);
  const head = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(head + length);
  frame[0] = 0x81;
  if (head === 2) frame[1] = length;
  else if (head === 4) frame.writeUInt16BE(length, 2);
  else frame.writeBigUInt64BE(BigInt(length), 2);
  if (head !== 2) frame[1] = head === 4 ? 126 : 127;
  frame.write(text, head);
  return frame;
};
