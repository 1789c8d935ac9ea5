"""Cryptographic suites: one name says everything that is used, and nothing is negotiated.

| suite | signature | sealing | where from |
|---|---|---|---|
| S1 | Ed25519 | HPKE: X25519, HKDF-SHA256, AES-256-GCM | pyca/cryptography |
| S2 | ECDSA P-384 with SHA-384 | HPKE: P-384, HKDF-SHA384, AES-256-GCM | pyca/cryptography |
| S3 | Ed25519 and ML-DSA-65, both | HPKE: ML-KEM-768 with X25519, HKDF-SHA256, AES-256-GCM | pyca/cryptography |
| S4 | SM2 with SM3 | SM2 and SM4 | a provider that the authority installs itself |

There is no cryptography of our own here: every suite hands bytes to a library. A peer's record lists the suites that
are accepted from it; another one is refused even if it is known.
"""

from entente.exchange.suites.base import Opener, Signer, Suite, Suites, builtin

__all__ = ["Opener", "Signer", "Suite", "Suites", "builtin"]
