// A foreign judge of the ledger: @sigstore/verify reads checkpoints and inclusion proofs that Entente wrote.
//
// One JSON object a line in, one answer a line out: for each question "" or the reason of a refusal. This version
// accepts a checkpoint only if it knows every key under it, so it is asked about checkpoints without cosignatures.
const crypto = require('crypto');
const path = require('path');
const dist = path.join(__dirname, 'node_modules', '@sigstore', 'verify', 'dist', 'timestamp');
const { verifyCheckpoint } = require(path.join(dist, 'checkpoint.js'));
const { verifyMerkleInclusion } = require(path.join(dist, 'merkle.js'));

const SPKI = Buffer.from('302a300506032b6570032100', 'hex'); // RFC 8410: what goes before the 32 bytes in DER

function logOf(vkey) {
  const [, id] = vkey.split('+', 2);
  const raw = Buffer.from(vkey.split('+').slice(2).join('+'), 'base64').subarray(1);
  const publicKey = crypto.createPublicKey({ key: Buffer.concat([SPKI, raw]), format: 'der', type: 'spki' });
  const logID = Buffer.concat([Buffer.from(id, 'hex'), Buffer.alloc(28)]);
  return { logID, publicKey, validFor: { start: new Date(0), end: new Date(8.64e15) } };
}

function reason(check) {
  try {
    check();
    return '';
  } catch (error) {
    return error.message || 'refused';
  }
}

function judge(task) {
  const [, size, root] = task.Note.split('\n');
  const entry = {
    integratedTime: '1',
    canonicalizedBody: Buffer.from(task.Entry, 'base64'),
    inclusionProof: {
      logIndex: String(task.Index),
      treeSize: size,
      rootHash: Buffer.from(root, 'base64'),
      hashes: task.Path.map((item) => Buffer.from(item, 'base64')),
      checkpoint: { envelope: task.Note },
    },
  };
  return {
    Note: reason(() => verifyCheckpoint(entry, [logOf(task.Key)])),
    Inclusion: reason(() => verifyMerkleInclusion(entry)),
  };
}

const lines = require('fs').readFileSync(0, 'utf8').trim().split('\n');
for (const line of lines) console.log(JSON.stringify(judge(JSON.parse(line))));
