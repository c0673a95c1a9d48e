"""DEFLATE as Go's compress/flate reads it: zlib for the bytes, Go's own account for the errors.

zlib and Go accept the same streams, but they word and place their refusals differently: Go names the
number of compressed bytes that it had read ("flate: corrupt input before offset N"), and it refuses some
streams later than zlib, in particular a block without an end-of-block code. So the standard library's zlib
does the work, and only when it fails is the stream walked once more, in Go's order, for Go's error.

Source: compress/flate/inflate.go nextBlock, readHuffman, huffmanBlock, huffSym; RFC 1951 section 3.2.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from probes.golang.errors import GoError

Chunks = Callable[[], Iterator[bytes]]
"""The compressed bytes, from their start at each call."""

UNEXPECTED_EOF = "unexpected EOF"
CHUNK = 1 << 16
WINDOW = 1 << 15

RETRACE_LIMIT = 4 << 20
"""Up to here, in compressed bytes, a failing stream is walked symbol by symbol; that is Python's pace, a
few seconds. Further on, zlib fed byte by byte tells the offset: the same for a damaged literal, length or
distance, and possibly a few bytes off for a damaged block header."""


@dataclass(frozen=True, slots=True)
class Failure:
    """How a stream ends in Go when it does not end well."""

    produced: int
    """How many bytes come out before the error."""
    error: GoError


class BadStream(Exception):
    """The stream is not complete or not valid; ask ``explain`` for Go's words."""


def inflate(compressed: Chunks) -> Iterator[bytes]:
    """The decompressed bytes, in chunks of at most 64 KiB. What follows the last block is ignored.

    Raises BadStream, possibly after some of the bytes.
    """
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for chunk in compressed():
            while chunk and not engine.eof:
                yield engine.decompress(chunk, CHUNK)
                chunk = engine.unconsumed_tail
            if engine.eof:
                return
        # zlib may hold bytes back for which max_length left no room.
        while not engine.eof and (out := engine.decompress(b"", CHUNK)):
            yield out
    except zlib.error:
        raise BadStream from None
    if not engine.eof:
        raise BadStream


def explain(compressed: Chunks, enough: int) -> Failure:
    """What Go says of a stream that ``inflate`` refused.

    ``enough`` bounds the work: a walk that has produced more bytes than that stops there, and its error
    means nothing.
    """
    located = _locate(compressed)
    if located.offset > RETRACE_LIMIT:
        return Failure(located.produced, located.error)
    walk = _Walk(compressed(), enough)
    try:
        walk.blocks()
    except _Enough:
        return Failure(walk.produced, GoError(UNEXPECTED_EOF))
    except GoError as error:
        return Failure(walk.produced, error)
    raise AssertionError("zlib refused a stream that Go accepts")


@dataclass(frozen=True, slots=True)
class _Located:
    offset: int
    produced: int
    error: GoError


def _locate(compressed: Chunks) -> _Located:
    """Where zlib gives up, to the byte."""
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    offset = produced = 0
    for piece in _pieces(compressed):
        before = engine.copy()
        try:
            size = len(engine.decompress(piece))
        except zlib.error:
            return _locate_in(before, piece, offset, produced)
        offset, produced = offset + len(piece), produced + size
    return _Located(offset, produced, GoError(UNEXPECTED_EOF))


def _locate_in(engine: zlib._Decompress, piece: bytes, offset: int, produced: int) -> _Located:
    for at in range(len(piece)):
        try:
            produced += len(engine.decompress(piece[at:at + 1]))
        except zlib.error:
            offset += at + 1
            break
    return _Located(offset, produced, corrupt(offset))


def _pieces(compressed: Chunks) -> Iterator[bytes]:
    """The stream in pieces so small that what one of them expands to fits in memory with ease."""
    for chunk in compressed():
        yield from (chunk[at:at + 4096] for at in range(0, len(chunk), 4096))


def corrupt(offset: int) -> GoError:
    """flate.CorruptInputError."""
    return GoError(f"flate: corrupt input before offset {offset}")


class _Enough(Exception):
    """The walk has produced as much as anyone asked for."""


class _Code:
    """A Huffman code: looked up by the next bits, missing ones read as zero."""

    def __init__(self, lengths: list[int]) -> None:
        """Raises ValueError when the code is over- or under-subscribed.

        As in zlib and Go, an empty code is allowed (using it is an error), and so is a single code of
        length one.
        """
        used = [length for length in lengths if length]
        self.shortest = min(used, default=0)
        longest = max(used, default=0)
        self.mask = (1 << longest) - 1
        self.table: list[tuple[int, int]] = [(0, 0)] * (1 << longest)
        if not used:
            return
        code, following = 0, {}
        for length in range(self.shortest, longest + 1):
            code <<= 1
            following[length] = code
            code += used.count(length)
        if code != 1 << longest and not (code == 1 and longest == 1):
            raise ValueError
        for symbol, length in enumerate(lengths):
            if length:
                reverse = int(f"{following[length]:0{length}b}"[::-1], 2)
                following[length] += 1
                step = 1 << length
                self.table[reverse::step] = [(length, symbol)] * (1 << (longest - length))


_FIXED = _Code([8] * 144 + [9] * 112 + [7] * 24 + [8] * 8)
_LENGTH_ORDER = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)
_MAX_LITERAL, _MAX_DISTANCE = 286, 30
_END_OF_BLOCK = 256


class _Walk:
    """A stream decoded for its bit positions and sizes only; the bytes themselves are not formed."""

    def __init__(self, chunks: Iterator[bytes], enough: int) -> None:
        self._bytes = (byte for chunk in chunks for byte in chunk)
        self._enough = enough
        self.offset = 0
        self.produced = 0
        self._bits = 0
        self._count = 0

    def blocks(self) -> None:
        final = False
        while not final:
            final = bool(self.take(1, at_once=3))
            match self.take(2):
                case 0:
                    self.stored()
                case 1:
                    self.coded(_FIXED, None)
                case 2:
                    self.coded(*self.codes())
                case _:
                    raise corrupt(self.offset)

    def more(self, count: int) -> None:
        """Have at least this many bits."""
        while self._count < count:
            byte = next(self._bytes, None)
            if byte is None:
                raise GoError(UNEXPECTED_EOF)
            self.offset += 1
            self._bits |= byte << self._count
            self._count += 8

    def take(self, count: int, *, at_once: int = 0) -> int:
        """The next bits; ``at_once`` of them are fetched together."""
        self.more(max(count, at_once))
        value = self._bits & ((1 << count) - 1)
        self._bits >>= count
        self._count -= count
        return value

    def symbol(self, code: _Code, least: int) -> int:
        """The next symbol. Never reads a byte before the bits that are there prove it necessary, but for
        the ``least`` bits that any symbol, or the end of the block, must have."""
        length = least
        while True:
            self.more(length)
            length, value = code.table[self._bits & code.mask]
            if length <= self._count:
                if length == 0:
                    raise corrupt(self.offset)
                self._bits >>= length
                self._count -= length
                return value

    def produce(self, count: int) -> None:
        self.produced += count
        if self.produced > self._enough:
            raise _Enough

    def stored(self) -> None:
        self._bits = self._count = 0
        self.more(32)
        size, complement = self.take(16), self.take(16)
        if size ^ complement != 0xFFFF:
            raise corrupt(self.offset)
        for _ in range(size):
            if next(self._bytes, None) is None:
                raise GoError(UNEXPECTED_EOF)
            self.offset += 1
            self.produce(1)

    def codes(self) -> tuple[_Code, _Code]:
        """The two codes at the head of a dynamic block."""
        self.more(14)
        literals = self.take(5) + 257
        if literals > _MAX_LITERAL:
            raise corrupt(self.offset)
        distances = self.take(5) + 1
        if distances > _MAX_DISTANCE:
            raise corrupt(self.offset)
        lengths = [0] * len(_LENGTH_ORDER)
        for symbol in _LENGTH_ORDER[:self.take(4) + 4]:
            lengths[symbol] = self.take(3)
        lengths = self.code_lengths(self.code(lengths), literals + distances)
        literal = self.code(lengths[:literals])
        distance = self.code(lengths[literals:])
        literal.shortest = max(literal.shortest, lengths[_END_OF_BLOCK])
        return literal, distance

    def code(self, lengths: list[int]) -> _Code:
        try:
            return _Code(lengths)
        except ValueError:
            raise corrupt(self.offset) from None

    def code_lengths(self, code: _Code, count: int) -> list[int]:
        lengths: list[int] = []
        while len(lengths) < count:
            symbol = self.symbol(code, code.shortest)
            if symbol < 16:
                lengths.append(symbol)
                continue
            if symbol == 16 and not lengths:
                raise corrupt(self.offset)
            again = lengths[-1] if symbol == 16 else 0
            repeat = {16: 3, 17: 3, 18: 11}[symbol] + self.take({16: 2, 17: 3, 18: 7}[symbol])
            if len(lengths) + repeat > count:
                raise corrupt(self.offset)
            lengths += [again] * repeat
        return lengths

    def coded(self, literal: _Code, distance: _Code | None) -> None:
        """A compressed block; without a distance code, distances are five plain bits."""
        while (symbol := self.symbol(literal, literal.shortest)) != _END_OF_BLOCK:
            if symbol < 256:
                self.produce(1)
                continue
            if symbol >= _MAX_LITERAL:
                raise corrupt(self.offset)
            length = self.length(symbol)
            if distance is None:
                slot = int(f"{self.take(5):05b}"[::-1], 2)
            else:
                slot = self.symbol(distance, distance.shortest)
            if slot >= _MAX_DISTANCE:
                raise corrupt(self.offset)
            if self.distance(slot) > min(self.produced, WINDOW):
                raise corrupt(self.offset)
            self.produce(length)

    def length(self, symbol: int) -> int:
        if symbol < 265:
            return symbol - 254
        if symbol == 285:
            return 258
        extra = (symbol - 261) // 4
        return ((4 + (symbol - 261) % 4) << extra) + 3 + self.take(extra)

    def distance(self, slot: int) -> int:
        if slot < 4:
            return slot + 1
        extra = (slot - 2) // 2
        return ((2 + slot % 2) << extra) + 1 + self.take(extra)
