// The binary message of a stream: a 4-byte big-endian header length, a JSON header, a
// payload. One message in, its two halves out; judges nothing but the shape.

export class BadMessage extends Error {}

const utf8 = new TextDecoder();

/** Return {header, payload} of a binary message; the payload shares the message's memory. */
export function splitMessage(buffer) {
  if (buffer.byteLength < 4) throw new BadMessage("shorter than its length field");
  const length = new DataView(buffer).getUint32(0);
  if (4 + length > buffer.byteLength) throw new BadMessage(`header of ${length} bytes`);
  let header;
  try {
    header = JSON.parse(utf8.decode(new Uint8Array(buffer, 4, length)));
  } catch (error) {
    throw new BadMessage("header is not JSON", { cause: error });
  }
  if (header === null || typeof header !== "object") throw new BadMessage("header is not an object");
  if (header.v !== 1) throw new BadMessage(`protocol version ${header.v}`);
  return { header, payload: new Uint8Array(buffer, 4 + length) };
}
