// Seals or opens with another implementation of HPKE. Reads one JSON object a line, writes one JSON object a line.
//   {"do": "seal", "suite", "public", "info", "plain"} -> {"sealed"}
//   {"do": "open", "suite", "private", "info", "sealed"} -> {"plain"} or {"error"}
// All values but "do" and "suite" are hexadecimal; sealed is the encapsulation, then the ciphertext.
import { createInterface } from "node:readline";
import { Aes256Gcm, CipherSuite, DhkemP384HkdfSha384, DhkemX25519HkdfSha256, HkdfSha256, HkdfSha384 } from "@hpke/core";
import { XWing } from "@hpke/hybridkem-x-wing";

const suites = {
  S1: () => new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() }),
  S2: () => new CipherSuite({ kem: new DhkemP384HkdfSha384(), kdf: new HkdfSha384(), aead: new Aes256Gcm() }),
  S3: () => new CipherSuite({ kem: new XWing(), kdf: new HkdfSha256(), aead: new Aes256Gcm() }),
};
const bytes = (hex) => Uint8Array.from(Buffer.from(hex, "hex"));
const hex = (data) => Buffer.from(data).toString("hex");

async function seal(suite, { public: key, info, plain }) {
  const recipientPublicKey = await suite.kem.deserializePublicKey(bytes(key));
  const sender = await suite.createSenderContext({ recipientPublicKey, info: bytes(info) });
  return { sealed: hex(sender.enc) + hex(await sender.seal(bytes(plain))) };
}

async function open(suite, { private: key, info, sealed }) {
  const recipientKey = await suite.kem.deserializePrivateKey(bytes(key));
  const data = bytes(sealed);
  const enc = data.slice(0, suite.kem.encSize);
  const recipient = await suite.createRecipientContext({ recipientKey, enc, info: bytes(info) });
  return { plain: hex(await recipient.open(data.slice(suite.kem.encSize))) };
}

for await (const line of createInterface({ input: process.stdin })) {
  const task = JSON.parse(line);
  let answer;
  try {
    answer = await { seal, open }[task.do](suites[task.suite](), task);
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
