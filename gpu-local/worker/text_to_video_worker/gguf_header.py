"""The header of a .gguf file: what tensors it has, and that they lie in it. Nothing is run.

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

#: Numbers in a block and the bytes that it takes, by type; those that diffusers can widen.
BLOCKS: dict[int, tuple[str, int, int]] = {
    0: ("F32", 1, 4),
    1: ("F16", 1, 2),
    2: ("Q4_0", 32, 18),
    3: ("Q4_1", 32, 20),
    6: ("Q5_0", 32, 22),
    7: ("Q5_1", 32, 24),
    8: ("Q8_0", 32, 34),
    10: ("Q2_K", 256, 84),
    11: ("Q3_K", 256, 110),
    12: ("Q4_K", 256, 144),
    13: ("Q5_K", 256, 176),
    14: ("Q6_K", 256, 210),
    20: ("IQ4_NL", 32, 18),
    23: ("IQ4_XS", 256, 136),
    30: ("BF16", 1, 2),
}
MAX_TENSORS = 100_000
MAX_ENTRIES = 10_000
MAX_TEXT_BYTES = 1_000_000
MAX_LIST = 10_000_000
MAX_DIMENSIONS = 8
DEFAULT_ALIGNMENT = 32
ALIGNMENT = "general.alignment"
#: Bytes of a value, by type; 8 is a text, 9 a list.
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_UINT32, _TEXT, _LIST = 4, 8, 9


class BadGguf(Exception):
    """Says what is wrong with the file."""


@dataclass(frozen=True)
class GgufTensor:
    #: As torch has it, the fastest dimension last.
    shape: tuple[int, ...]
    #: For example "Q4_K".
    kind: str
    bytes: int


def read_gguf_header(path: Path) -> dict[str, GgufTensor]:
    """Tensors by name; raises `BadGguf`."""
    size = path.stat().st_size
    with path.open("rb") as file:
        reader = _Reader(file, size)
        if reader.take(4) != b"GGUF":
            raise BadGguf("it does not begin as one")
        if (version := reader.number(4)) not in (2, 3):
            raise BadGguf(f"its version is {version}, and 2 and 3 are read")
        tensors, entries = reader.number(8), reader.number(8)
        if tensors > MAX_TENSORS or entries > MAX_ENTRIES:
            raise BadGguf("it claims too many entries")
        alignment = DEFAULT_ALIGNMENT
        for _ in range(entries):
            name, kind = reader.text(), reader.number(4)
            if name == ALIGNMENT and kind == _UINT32:
                alignment = reader.number(4)
            else:
                reader.skip_value(kind)
        if alignment < 1 or alignment & (alignment - 1):
            raise BadGguf(f"its alignment is {alignment}")
        found = [reader.tensor() for _ in range(tensors)]
        data_bytes = size - -(-file.tell() // alignment) * alignment
    for name, tensor, offset in found:
        if offset % alignment or offset + tensor.bytes > data_bytes:
            raise BadGguf(f'its entry "{name}" lies outside the file')
    by_name = {name: tensor for name, tensor, _ in found}
    if len(by_name) != len(found):
        raise BadGguf("two of its entries have one name")
    return by_name


class _Reader:
    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size

    def take(self, count: int) -> bytes:
        if count > self._size - self._file.tell():
            raise BadGguf("its header ends too early")
        return self._file.read(count)

    def number(self, count: int) -> int:
        form = "<I" if count == 4 else "<Q"
        value: int = struct.unpack(form, self.take(count))[0]
        return value

    def text(self) -> str:
        if (length := self.number(8)) > MAX_TEXT_BYTES:
            raise BadGguf("a name in it is too long")
        return self.take(length).decode("utf-8", "replace")

    def skip_value(self, kind: int) -> None:
        if kind == _TEXT:
            self.text()
        elif kind == _LIST:
            inner, count = self.number(4), self.number(8)
            if count > MAX_LIST or inner == _LIST:
                raise BadGguf("a list in it is too long or too deep")
            if inner == _TEXT:
                for _ in range(count):
                    self.text()
            else:
                self._skip(_size(inner) * count)
        else:
            self._skip(_size(kind))

    def _skip(self, count: int) -> None:
        if count > self._size - self._file.tell():
            raise BadGguf("its header ends too early")
        self._file.seek(count, 1)

    def tensor(self) -> tuple[str, GgufTensor, int]:
        name, dimensions = self.text(), self.number(4)
        if dimensions > MAX_DIMENSIONS:
            raise BadGguf(f'its entry "{name}" has {dimensions} dimensions')
        shape = tuple(reversed([self.number(8) for _ in range(dimensions)]))
        type_, offset = self.number(4), self.number(8)
        if type_ not in BLOCKS:
            raise BadGguf(f'its entry "{name}" is stored in a way that is not read (type {type_})')
        kind, block, block_bytes = BLOCKS[type_]
        if shape and shape[-1] % block:
            raise BadGguf(f'its entry "{name}" is no whole number of blocks')
        return name, GgufTensor(shape, kind, math.prod(shape) // block * block_bytes), offset


def _size(kind: int) -> int:
    if kind not in _SIZES:
        raise BadGguf("a value in it has an unknown type")
    return _SIZES[kind]
