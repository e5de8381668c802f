"""The header of a .gguf file: read to the last byte, and refused where it lies."""

from __future__ import annotations

import struct

import pytest

from text_to_video_worker.gguf_header import BLOCKS, BadGguf, read_gguf_header


def text(value: bytes) -> bytes:
    return struct.pack("<Q", len(value)) + value


def header(*, magic=b"GGUF", version=3, entries=b"", entry_count=0, tensors=b"", count=0) -> bytes:
    return magic + struct.pack("<IQQ", version, count, entry_count) + entries + tensors


def tensor(name=b"a", shape=(32,), type_=0, offset=0) -> bytes:
    sizes = struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
    return text(name) + sizes + struct.pack("<IQ", type_, offset)


def test_a_sound_header_is_read(tmp_path):
    entries = text(b"general.name") + struct.pack("<I", 8) + text(b"tiny")
    entries += text(b"list") + struct.pack("<IIQ", 9, 5, 3) + struct.pack("<3i", 1, 2, 3)
    entries += text(b"words") + struct.pack("<IIQ", 9, 8, 1) + text(b"one")
    entries += text(b"general.alignment") + struct.pack("<II", 4, 64)
    tensors = tensor() + tensor(b"b", (64, 2), 8, 128)
    file = tmp_path / "x.gguf"
    written = header(entries=entries, entry_count=4, tensors=tensors, count=2)
    written += bytes(-len(written) % 64)
    file.write_bytes(written + bytes(128 + 4 * 34))
    found = read_gguf_header(file)
    assert {name: (one.shape, one.kind, one.bytes) for name, one in found.items()} == {
        "a": ((32,), "F32", 128),
        "b": ((2, 64), "Q8_0", 136),
    }
    file.write_bytes(written + bytes(128 + 4 * 34 - 1))
    with pytest.raises(BadGguf, match="outside"):
        read_gguf_header(file)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "too early"),
        (b"PK\x03\x04", "does not begin"),
        (header(version=1), "version is 1"),
        (header(count=2**40), "too many"),
        (header(entry_count=2**40), "too many"),
        (header(entry_count=1), "too early"),
        (header(entry_count=1, entries=struct.pack("<Q", 2**63)), "too long"),
        (header(entry_count=1, entries=text(b"x") + struct.pack("<I", 77)), "unknown type"),
        (header(entry_count=1, entries=text(b"x") + struct.pack("<IIQ", 9, 9, 1)), "too deep"),
        (header(entry_count=1, entries=text(b"x") + struct.pack("<IIQ", 9, 4, 2**50)), "too long"),
        (header(entry_count=1, entries=text(b"x") + struct.pack("<IIQ", 9, 4, 9)), "too early"),
        (header(count=1, tensors=text(b"a") + struct.pack("<I", 99)), "99 dimensions"),
        (header(count=1, tensors=tensor(type_=19)) + bytes(512), "not read"),
        (header(count=1, tensors=tensor(type_=8, shape=(33,))) + bytes(512), "whole number"),
        (header(count=1, tensors=tensor(offset=7)) + bytes(512), "outside"),
        (header(count=1, tensors=tensor(offset=2**62)) + bytes(512), "outside"),
        (header(count=2, tensors=tensor() * 2) + bytes(512), "one name"),
    ],
)
def test_a_header_that_lies_is_refused(tmp_path, data, why):
    file = tmp_path / "x.gguf"
    file.write_bytes(data)
    with pytest.raises(BadGguf, match=why):
        read_gguf_header(file)


def test_a_block_is_as_large_as_ggml_makes_it():
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

    known = {kind.value: (kind.name, *GGML_QUANT_SIZES[kind]) for kind in GGMLQuantizationType}
    read = {*range(4), *range(6, 9), *range(10, 15), 20, 23, 30}
    assert known == {**known, **BLOCKS}
    assert set(BLOCKS) == read


def read(tmp_path, data: bytes):
    file = tmp_path / "x.gguf"
    file.write_bytes(data)
    return read_gguf_header(file)


def refused(tmp_path, data: bytes) -> str:
    with pytest.raises(BadGguf) as caught:
        read(tmp_path, data)
    return str(caught.value)


def entry(kind: int, value: bytes = b"", name: bytes = b"x") -> bytes:
    return text(name) + struct.pack("<I", kind) + value


def listed(kind: int, count: int, value: bytes = b"") -> bytes:
    return entry(9, struct.pack("<IQ", kind, count) + value)


def with_tensor(entries: bytes, count: int = 1, alignment: int = 32) -> bytes:
    """A file with one tensor of 128 bytes behind these entries."""
    written = header(entries=entries, entry_count=count, tensors=tensor(), count=1)
    return written + bytes(-len(written) % alignment + 128)


#: Bytes of each kind of value, as the format has them.
VALUE_BYTES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}


@pytest.mark.parametrize(("kind", "size"), VALUE_BYTES.items())
def test_a_value_of_each_kind_is_stepped_over_to_the_byte(tmp_path, kind, size):
    assert list(read(tmp_path, with_tensor(entry(kind, b"\xff" * size)))) == ["a"]
    assert list(read(tmp_path, with_tensor(listed(kind, 3, b"\xff" * 3 * size)))) == ["a"]
    assert list(read(tmp_path, with_tensor(listed(kind, 0)))) == ["a"]
    # At the end of the file there may be nothing more, and not less.
    one = header(entries=entry(kind, bytes(size)), entry_count=1)
    assert read(tmp_path, one) == {}
    assert refused(tmp_path, one[:-1]) == "its header ends too early"


@pytest.mark.parametrize("kind", [13, 14, 99])
def test_a_value_of_no_known_kind_is_refused(tmp_path, kind):
    for entries in (entry(kind, bytes(64)), listed(kind, 1, bytes(64))):
        assert refused(tmp_path, with_tensor(entries)) == "a value in it has an unknown type"


def test_a_list_of_texts_is_stepped_over_and_one_of_lists_refused(tmp_path):
    two = listed(8, 2, text(b"one") + text(b""))
    assert list(read(tmp_path, with_tensor(two + entry(8, text(b"three")), 2))) == ["a"]
    for nested in (listed(9, 1, bytes(64)), listed(9, 0)):
        assert refused(tmp_path, with_tensor(nested)) == "a list in it is too long or too deep"


TOO_EARLY = "its header ends too early"


@pytest.mark.parametrize(
    ("made", "most", "beyond"),
    [
        (lambda n: header(count=n), 100_000, "it claims too many entries"),
        (lambda n: header(entry_count=n), 10_000, "it claims too many entries"),
        (
            lambda n: header(entry_count=1, entries=struct.pack("<Q", n)),
            1_000_000,
            "a name in it is too long",
        ),
        (
            lambda n: header(entry_count=1, entries=listed(0, n)),
            10_000_000,
            "a list in it is too long or too deep",
        ),
        (
            lambda n: header(entry_count=1, entries=listed(8, n)),
            10_000_000,
            "a list in it is too long or too deep",
        ),
        (
            lambda n: header(count=1, tensors=text(b"a") + struct.pack("<I", n)),
            8,
            'its entry "a" has 9 dimensions',
        ),
    ],
)
def test_what_a_header_may_claim_has_bounds(tmp_path, made, most, beyond):
    # The most is taken at its word, and then looked for.
    assert refused(tmp_path, made(most)) == TOO_EARLY
    assert refused(tmp_path, made(most + 1)) == beyond


def test_a_long_name_is_read_whole(tmp_path):
    name = b"n" * 1_000_000
    written = header(tensors=tensor(name), count=1)
    assert list(read(tmp_path, written + bytes(-len(written) % 32 + 128))) == [name.decode()]


def test_versions_2_and_3_are_read(tmp_path):
    assert [read(tmp_path, header(version=version)) for version in (2, 3)] == [{}, {}]
    for version in (0, 1, 4):
        said = f"its version is {version}, and 2 and 3 are read"
        assert refused(tmp_path, header(version=version)) == said


@pytest.mark.parametrize("alignment", [1, 2, 32, 64, 4096])
def test_data_begins_where_the_alignment_says(tmp_path, alignment):
    said = entry(4, struct.pack("<I", alignment), b"general.alignment")
    sound = with_tensor(said, alignment=alignment)
    assert list(read(tmp_path, sound)) == ["a"]
    assert refused(tmp_path, sound[:-1]) == 'its entry "a" lies outside the file'


@pytest.mark.parametrize("alignment", [0, 3, 6, 33, 48])
def test_an_alignment_that_is_no_power_of_two_is_refused(tmp_path, alignment):
    said = entry(4, struct.pack("<I", alignment), b"general.alignment")
    assert refused(tmp_path, with_tensor(said)) == f"its alignment is {alignment}"


def test_an_alignment_of_another_kind_or_name_is_none(tmp_path):
    for said in (
        entry(10, struct.pack("<Q", 3), b"general.alignment"),
        entry(4, struct.pack("<I", 3), b"general.version"),
    ):
        assert list(read(tmp_path, with_tensor(said))) == ["a"]


def test_a_tensor_begins_at_a_multiple_of_32_where_nothing_is_said(tmp_path):
    def at(offset):
        written = header(tensors=tensor(offset=offset), count=1)
        return written + bytes(-len(written) % 32 + offset + 128)

    for offset in (0, 32, 64):
        assert list(read(tmp_path, at(offset))) == ["a"]
        assert refused(tmp_path, at(offset)[:-1]) == 'its entry "a" lies outside the file'
    for offset in (1, 16, 31, 33):
        assert refused(tmp_path, at(offset)) == 'its entry "a" lies outside the file'


@pytest.mark.parametrize(
    ("shape", "type_", "found"),
    [
        # ggml has the fastest dimension first, torch last.
        ((64, 3), 8, ((3, 64), "Q8_0", 6 * 34)),
        ((256, 2, 5), 12, ((5, 2, 256), "Q4_K", 10 * 144)),
        ((5, 3), 1, ((3, 5), "F16", 30)),
        ((), 0, ((), "F32", 4)),
        ((1,) * 8, 30, ((1,) * 8, "BF16", 2)),
        ((0, 4), 0, ((4, 0), "F32", 0)),
    ],
)
def test_a_tensors_shape_is_torchs_and_its_size_is_that_of_its_blocks(
    tmp_path, shape, type_, found
):
    written = header(tensors=tensor(shape=shape, type_=type_), count=1)
    size = found[2]
    (one,) = read(tmp_path, written + bytes(-len(written) % 32 + size)).values()
    assert (one.shape, one.kind, one.bytes) == found


@pytest.mark.parametrize("shape", [(48, 64), (31,), (33,), (1, 32)])
def test_a_row_that_is_no_whole_number_of_blocks_is_refused(tmp_path, shape):
    data = header(tensors=tensor(shape=shape, type_=8), count=1) + bytes(8192)
    assert refused(tmp_path, data) == 'its entry "a" is no whole number of blocks'


@pytest.mark.parametrize("type_", [4, 5, 9, 15, 19, 21, 22, 24, 29, 31, 39])
def test_a_type_that_diffusers_does_not_widen_is_refused_by_its_number(tmp_path, type_):
    data = header(tensors=tensor(type_=type_), count=1) + bytes(8192)
    said = f'its entry "a" is stored in a way that is not read (type {type_})'
    assert refused(tmp_path, data) == said


def test_tensors_are_told_apart_by_their_names(tmp_path):
    two = header(tensors=tensor() + tensor(b"b"), count=2)
    assert list(read(tmp_path, two + bytes(512))) == ["a", "b"]
    same = header(tensors=tensor() + tensor(), count=2)
    assert refused(tmp_path, same + bytes(512)) == "two of its entries have one name"
    # A name is text whatever its bytes are.
    odd = header(tensors=tensor(b"\xff\xfe"), count=1)
    assert list(read(tmp_path, odd + bytes(512))) == ["\ufffd\ufffd"]


def test_the_second_of_two_tensors_lies_in_the_file_too(tmp_path):
    written = header(tensors=tensor() + tensor(b"b", offset=128), count=2)
    data = written + bytes(-len(written) % 32 + 256)
    assert list(read(tmp_path, data)) == ["a", "b"]
    assert refused(tmp_path, data[:-1]) == 'its entry "b" lies outside the file'
