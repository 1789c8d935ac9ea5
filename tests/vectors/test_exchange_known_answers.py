"""Known answers, through our suites: the standards' own vectors as the package `cryptography-vectors` carries them.

HPKE: RFC 9180 and draft-ietf-hpke-pq; their vectors authenticate extra data, which the library's public call does not
offer, so these tests use the one behind it. Ed25519: RFC 8032. ECDSA: NIST CAVP. ML-DSA and ML-KEM: FIPS 204 and 203.
X25519: RFC 7748. Cobblestone: C2SP CCTV.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import zlib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey, MLDSA65PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from conftest import skip_or_fail
from entente.exchange import attachments
from entente.exchange.errors import SealError, SignatureError
from entente.exchange.suites.classic import Modern, Nist
from entente.exchange.suites.hybrid import Hybrid

X_WING = 0x647A


@pytest.fixture(scope="module")
def vectors() -> Path:
    found = find_spec("cryptography_vectors")
    if found is None or found.origin is None:
        skip_or_fail("the package cryptography-vectors")
    return Path(found.origin).parent


def hpke(vectors: Path, name: str, kem: int) -> list[dict]:
    cases = json.loads((vectors / "HPKE" / name).read_text())
    return [case for case in cases if (case["mode"], case["kem_id"]) == (0, kem) and case["aead_id"] in AEADS]


AEADS = {1: AEAD.AES_128_GCM, 2: AEAD.AES_256_GCM, 3: AEAD.CHACHA20_POLY1305}
KDFS = {1: KDF.HKDF_SHA256, 2: KDF.HKDF_SHA384, 3: KDF.HKDF_SHA512, 0x10: KDF.SHAKE128, 0x11: KDF.SHAKE256}


def opened(case: dict, kem: KEM, key) -> bytes:
    suite = openssl.hpke.Suite(kem, KDFS[case["kdf_id"]], AEADS[case["aead_id"]])
    first = case["encryptions"][0]
    sealed = bytes.fromhex(case["enc"] + first["ct"])
    return openssl.hpke._decrypt_with_aad(suite, sealed, key, bytes.fromhex(case["info"]), bytes.fromhex(first["aad"]))


def test_hpke_of_suite_s1(vectors):
    cases = hpke(vectors, "test-vectors.json", 0x20)
    assert (1, 2) in {(case["kdf_id"], case["aead_id"]) for case in cases}  # the very combination of S1
    for case in cases:
        opener = Modern().opener(bytes.fromhex(case["skRm"]))
        assert opener.public.hex() == case["pkRm"]
        assert opened(case, KEM.X25519, opener._key).hex() == case["encryptions"][0]["pt"]


def test_hpke_of_suite_s3(vectors):
    cases = hpke(vectors, "hpke-pq-test-vectors.json", X_WING)
    assert cases
    for case in cases:
        parts = hashlib.shake_256(bytes.fromhex(case["skRm"])).digest(96)  # draft-connolly-cfrg-xwing-kem, section 5.2
        opener = Hybrid().opener(parts[64:] + parts[:64])
        assert (opener.public[32:] + opener.public[:32]).hex() == case["pkRm"]
        assert opened(case, KEM.MLKEM768_X25519, opener._key).hex() == case["encryptions"][0]["pt"]


def test_the_library_separates_data_that_only_differ_in_info(vectors):
    case = hpke(vectors, "test-vectors.json", 0x20)[0]
    opener = Modern().opener(bytes.fromhex(case["skRm"]))
    with pytest.raises(InvalidTag):
        opened({**case, "info": "00"}, KEM.X25519, opener._key)


def test_ed25519(vectors):
    lines = (vectors / "asymmetric" / "Ed25519" / "sign.input").read_text().splitlines()[::16]
    assert len(lines) >= 64
    for line in lines:
        secret, public, message, signed = (bytes.fromhex(part) for part in line.split(":")[:4])
        signer = Modern().signer(secret[:32])
        assert signer.public == public
        assert signer.sign(message) == signed[:64]
        Modern().verify(public, message, signed[:64])


def blocks(path: Path) -> Iterator[dict[str, str]]:
    for block in re.split(r"\r?\n\s*\r?\n", path.read_text()):
        fields = dict(re.findall(r"^(\w+) = ?(.*?)\s*$", block, re.MULTILINE))
        if fields:
            yield fields


def test_ecdsa_on_p384(vectors):
    text = (vectors / "asymmetric" / "ECDSA" / "FIPS_186-3" / "SigVer.rsp").read_text()
    section = text.split("[P-384,SHA-384]")[1].split("\n[")[0]
    results = set()
    for block in re.split(r"\r?\n\r?\n", section):
        case = dict(re.findall(r"^(\w+) = (.*?)\s*$", block, re.MULTILINE))
        if not case:
            continue
        public = bytes.fromhex("04" + case["Qx"] + case["Qy"])
        signature = encode_dss_signature(int(case["R"], 16), int(case["S"], 16))
        good = case["Result"].startswith("P")
        results.add(good)
        if good:
            Nist().verify(public, bytes.fromhex(case["Msg"]), signature)
        else:
            with pytest.raises(SignatureError):
                Nist().verify(public, bytes.fromhex(case["Msg"]), signature)
    assert results == {True, False}


def test_ml_dsa_65(vectors):
    cases = list(records(vectors / "asymmetric" / "MLDSA" / "kat_MLDSA_65_det_pure.rsp"))
    assert len(cases) >= 50
    for case in cases[::5]:
        key = MLDSA65PrivateKey.from_seed_bytes(bytes.fromhex(case["xi"]))
        message, context = bytes.fromhex(case["msg"]), bytes.fromhex(case["ctx"])
        signature = bytes.fromhex(case["sm"])[:3309]
        assert key.public_key().public_bytes_raw().hex() == case["pk"]
        MLDSA65PublicKey.from_public_bytes(bytes.fromhex(case["pk"])).verify(signature, message, context=context)
        key.public_key().verify(key.sign(message, context=context), message, context=context)


def test_ml_kem_768(vectors):
    cases = list(records(vectors / "asymmetric" / "MLKEM" / "kat_MLKEM_768.rsp"))
    assert len(cases) >= 50
    for case in cases[::5]:
        key = MLKEM768PrivateKey.from_seed_bytes(bytes.fromhex(case["d"] + case["z"]))
        assert key.public_key().public_bytes_raw().hex() == case["pk"]
        assert key.decapsulate(bytes.fromhex(case["ct"])).hex() == case["ss"]
        assert key.decapsulate(bytes.fromhex(case["ct_n"])).hex() == case["ss_n"]


def records(path: Path) -> Iterator[dict[str, str]]:
    for block in re.split(r"^count = ", path.read_text(), flags=re.MULTILINE)[1:]:
        yield dict(re.findall(r"^(\w+) = (.*?)\s*$", block, re.MULTILINE))


def test_x25519(vectors):
    cases = list(blocks(vectors / "asymmetric" / "X25519" / "rfc7748.txt"))
    cases = [case for case in cases if "INPUT_SCALAR" in case]
    assert len(cases) >= 2
    for case in cases:
        public = X25519PublicKey.from_public_bytes(bytes.fromhex(case["INPUT_U"]))
        key = X25519PrivateKey.from_private_bytes(bytes.fromhex(case["INPUT_SCALAR"]))
        assert key.exchange(public).hex() == case["OUTPUT_U"]


def chunked(key: bytes, context: bytes, sealed: bytes, algorithm: hashes.HashAlgorithm) -> bytes:
    """A slow and obvious reader of C2SP chunked encryption with AES-256-GCM."""
    salt, commitment, body = sealed[:24], sealed[24:56], sealed[56:]
    info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0" + salt + context
    derived = HKDFExpand(algorithm, 76, info).derive(key)
    if derived[44:] != commitment:
        raise InvalidTag
    plain, nonce = b"", int.from_bytes(derived[32:44], "big")
    for number in range(len(body) // 16400 + 1):
        chunk = body[number * 16400 : (number + 1) * 16400]
        plain += AESGCM(derived[:32]).decrypt((nonce ^ number).to_bytes(12, "big"), chunk, None)
    return plain


def test_the_stream_cipher_of_attachments(vectors):
    """The published vectors are of the same scheme with SHA-256 in place of SHA-512, so one reader judges both."""
    cases = json.loads((vectors / "chunked-encryption" / "vectors.json").read_text())["vectors"]
    good = [case for case in cases if (case["aead"], case["expect"]) == ("AEAD_AES_256_GCM", "success")]
    assert len(good) >= 9
    for case in good:
        sealed = base64.b64decode(case["ciphertext"])
        sealed = zlib.decompress(sealed) if case.get("compressed") else sealed
        plain = chunked(bytes.fromhex(case["key"]), case["context"].encode(), sealed, hashes.SHA256())
        assert hashlib.sha256(plain).hexdigest() == case["payload_sha256"]
    for size in (0, 1, 16383, 16384, 16385, 40_000):
        data, pieces = os.urandom(size), []
        attachment = attachments.encrypt([data], pieces.append, name="scan.pdf", media="application/pdf")
        assert chunked(attachment.key, b"entente attachment 1", b"".join(pieces), hashes.SHA512()) == data


@pytest.mark.parametrize("suite", [Modern(), Nist(), Hybrid()], ids=lambda suite: suite.name)
@pytest.mark.parametrize("public", [b"", b"\0" * 32, b"\x04" + b"\0" * 96, b"\xff" * 2000, b"\0" * 1984])
def test_a_malformed_public_key_is_a_plain_refusal(suite, public):
    with pytest.raises(SignatureError):
        suite.verify(public, b"data", b"\0" * 64)
    with pytest.raises(SealError):
        suite.seal(public, b"data", b"")
