// WebSocket frames of a client (RFC 6455, 5.2) on a bare socket: text, ping and close, none in parts, none of 64 kB.

export const opcodes = { text: 1, close: 8, ping: 9, pong: 10 } as const;

/** The mask is zero: it is there, as it must be, and changes nothing. */
export const frameOf = (opcode: number, payload: Buffer): Buffer => {
  const isShort = payload.length < 126;
  const header = Buffer.alloc(isShort ? 6 : 8);
  header[0] = 0x80 | opcode;
  header[1] = 0x80 | (isShort ? payload.length : 126);
  if (!isShort) header.writeUInt16BE(payload.length, 2);
  return Buffer.concat([header, payload]);
};

export const textFrame = (message: object): Buffer =>
  frameOf(opcodes.text, Buffer.from(JSON.stringify(message)));

/** Takes chunks as they come, and tells of each whole frame. */
export const createFrameReader = (
  told: (opcode: number, payload: Buffer) => void,
): ((chunk: Buffer) => void) => {
  let kept: Buffer | null = null;
  return (chunk) => {
    let left = kept ? Buffer.concat([kept, chunk]) : chunk;
    for (;;) {
      const short = (left[1] ?? 0) & 0x7f;
      const begin = short === 126 ? 4 : 2;
      if (left.length < begin) break;
      const end = begin + (short === 126 ? left.readUInt16BE(2) : short);
      if (left.length < end) break;
      told((left[0] ?? 0) & 0x0f, left.subarray(begin, end));
      left = left.subarray(end);
    }
    kept = left.length > 0 ? left : null;
  };
};
