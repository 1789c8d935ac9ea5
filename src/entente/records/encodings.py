"""Turn text of any encoding into UTF-8 bytes, a chunk at a time, and mark what cannot be decoded.

Bytes that are not text in the file's encoding become bytes that are not valid UTF-8 either, so that one check, later
and per row, finds them: nothing is replaced in silence, and a bad byte costs its row only.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator

_MARK = "entente.mark"
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_UTF8 = frozenset(("utf-8", "ascii"))


def _mark(error: UnicodeError) -> tuple[str, int]:
    """Stand in for each undecodable byte with a lone surrogate, which has no valid UTF-8 form."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error(_MARK, _mark)


#: Codecs that are no encodings of tables: their decoders fail in other ways than by a byte, or mean escapes.
_NOT_OF_TABLES = frozenset(("idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"))


def canonical_name(encoding: str) -> str:
    """Return Python's own name of an encoding of text.

    Raises:
        LookupError: there is no such encoding, or it is not one that tables are written in.
    """
    "".encode(encoding)  # refuses codecs that turn bytes into bytes
    name = codecs.lookup(encoding).name
    if name in _NOT_OF_TABLES or codecs.lookup(encoding).incrementaldecoder is None:
        raise LookupError(encoding)
    return name


def sniff(sample: bytes) -> tuple[str, bool]:
    """Return (encoding, sure) of a file's first bytes.

    A byte-order mark or valid UTF-8 is sure; many NULs at every second place mean UTF-16. Anything else is not
    guessed: it is called UTF-8 and not sure.
    """
    for mark, name in _BOMS:
        if sample.startswith(mark):
            return name, True
    zeros = (sample[0::2].count(0), sample[1::2].count(0))
    half = max(len(sample) // 2, 1)
    if max(zeros) > 0.3 * half and min(zeros) < 0.05 * half:
        return ("utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"), True
    return "utf-8", _valid_utf8(sample)


def _valid_utf8(sample: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample, final=False)
    except UnicodeDecodeError:
        return False
    return True


def undecodable_share(sample: bytes, encoding: str) -> float:
    """Return the share of the sample's lines that are not text in an encoding (the last, cut line aside)."""
    text = codecs.getincrementaldecoder(encoding)(_MARK).decode(sample, final=False)
    lines = [line for line in text.splitlines() if line]
    if not lines:
        return 0.0
    return sum(1 for line in lines if any("\udc00" <= char <= "\udcff" for char in line)) / len(lines)


def guesses(sample: bytes) -> list[str]:
    """Return encodings in which the whole sample is text, the likeliest first; for proposals, never for reading.

    GB18030 and Big5 decode almost any pair of bytes, so the one that gives more of the thousand commonest Hanzi
    ranks first; Latin-1 decodes everything and ranks last unless the high bytes look like single accented letters.
    UTF-16 without a mark is one only where it has lines and cells, which the bytes of no other encoding make.
    """
    high = sum(1 for byte in sample if byte >= 0x80)
    scored = []
    for name in ("gb18030", "big5", "euc_kr", "utf-16-le", "utf-16-be", "latin-1"):
        text = _decoded(sample, name)
        if text is not None and (not name.startswith("utf-16") or _has_cells(text)):
            scored.append((_likeness(text, high, name), name))
    return [name for score, name in sorted(scored, reverse=True) if score > 0]


def _has_cells(text: str) -> bool:
    return "\n" in text and any(mark in text for mark in ",;\t|")


def _decoded(sample: bytes, encoding: str) -> str | None:
    try:
        return codecs.getincrementaldecoder(encoding)().decode(sample, final=False)
    except UnicodeDecodeError:
        return None


_COMMON = frozenset(
    "的一是不了人我在有他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可里后小"
    "么心多天而能好都然没日于起还发成事只作当想看文无开手用主行方又如前所本见经头面公同三已老从动两长知民"
    "样现分将外但身些与高意进把法此实回二理美点月明其种声全工己话儿者向情部正名定女问力机给等几很业最间新"
    "什打便位因重被走电四第门相次东政海口使教西再平真听世气信北少关并内加化由却代军产入先山五太水万市眼体"
    "别处总才场师书比住员九笑性通目华报立马命张活难神数件安表原车白应路期叫死常提感金何更反合放做系计或司"
    "利受光王果亲界及今京务制解各任至清物台象记边共风战干接它许八特觉望直服毛林题建南度统色字请交爱让认算"
    "论百吃义科怎元社术结六功指思非流每青管夫连远资队跟带花快条院变联权往展该领传近留红治决周保达办运武半"
    "候七必城父强步完革深区即求品士转量空甚众技轻程告江语英基派满式李息写呢识极令黄德收脸钱党倒未持取设始"
    "版双历越史商千片容研像找友孩站广改议形委早房音火际则首单据导影失拿网香似斯专石若兵弟谁校读志飞观争究"
    "包组造落视济喜离虽坏货酸醇氯苯胺液体剂进口出口甲乙丙"
    "國會這來說們為個時學過後對發經無開現長樣將進實動機與種聲業間電東門應車馬報數視記運達鐵產貨權進酸劑氯"
    "醇苯醚酮箱件裝廠儀器"
)


def common_share(data: bytes, encoding: str) -> float:
    """Return the share of the commonest Hanzi among the letters that bytes are in an encoding; 0 if they are none."""
    text = _decoded(data, encoding)
    return sum(1 for char in text if char in _COMMON) / len(text) if text else 0.0


def _likeness(text: str, high: int, name: str) -> float:
    odd = [char for char in text if ord(char) >= 0x80]
    if not odd or not high:
        return 0.0
    if name == "latin-1":
        letters = sum(1 for char in odd if char in "áéíóúñüçàèìòùâêîôûäöëïãõÁÉÍÓÚÑÜÇÀÈÃÕÖÄº°ª¿¡·")
        alone = high / max(_runs(text), 1)
        return letters / len(odd) * (0.9 if alone < 1.5 else 0.1)
    if name == "euc_kr":
        return sum(1 for char in odd if "가" <= char <= "힣") / len(odd)
    return sum(1 for char in odd if char in _COMMON) / len(odd)


def _runs(text: str) -> int:
    return sum(1 for before, char in zip(" " + text, text, strict=False) if ord(char) >= 0x80 > ord(before))


def to_utf8(chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """Yield UTF-8 bytes of a text; what cannot be decoded stays invalid. A byte-order mark is left out."""
    name = canonical_name(encoding)
    if name in _UTF8 or name == "utf-8-sig":
        yield from _without_bom(chunks)
        return
    decoder = codecs.getincrementaldecoder(name)(_MARK)
    first = True
    for chunk in chunks:
        text = decoder.decode(chunk)
        if first and text:
            text, first = text.removeprefix("\ufeff"), False
        yield text.encode("utf-8", "surrogatepass")
    yield decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")


def _without_bom(chunks: Iterator[bytes]) -> Iterator[bytes]:
    first = next(chunks, b"")
    yield first.removeprefix(codecs.BOM_UTF8)
    yield from chunks
