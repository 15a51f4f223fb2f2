#!/usr/bin/env python3
"""Read an Emeritus store without Emeritus.

    python3 -I read_emeritus.py STORE list
    python3 -I read_emeritus.py STORE restore NAME DEST [--salvage] [--identity FILE]
    python3 -I read_emeritus.py STORE verify

A store is a folder that holds AI models and the signed log of what happened to them.
This file needs Python 3.8 or newer, and either the `zstd` program or Python 3.14's zstd module.
It needs no network and changes nothing in the store.

How a store hangs together; each link is checked here, from the top down:

    log/checkpoint        the size and the Merkle root of the log, signed (Ed25519)
    log/tile/...          the log: entries, and the hashes above them      -> checkpoint
    entry                 "custody.deposited": a model's name and the SHA-256 of its manifest
    objects/ab/ab12...    the manifest: files, their SHA-256, their pieces -> entry
    packs/12ab....pack    encoded pieces of at most 1 MiB                  -> name is the SHA-256
    a restored file       its pieces, decoded and joined                   -> SHA-256 in manifest

The signing key is read from the store itself (keys/ledger.vkey). Whoever could rewrite the whole
store could put another key there, so `verify` ends by printing the key: compare it with the one
that you know from elsewhere.

`restore` stops when the log is damaged. With --salvage it says so and restores what it can.
A sealed model is encrypted: `restore` opens it with the program `age` and a FILE that holds its
key (specs/closed.md). While it runs, decrypted packs lie in a private folder beside DEST.
The folder `specs/` in the store describes every format that is read below.
"""

import base64
import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

BATCH_BYTES = 16 << 20  # pieces that are decoded together; bounds the memory used
PIECE_LIMIT = 16 << 20  # no piece is longer, whatever its header says


class Bad(Exception):
    """Something in the store is not what it must be. The message is one sentence."""


# ---------------------------------------------------------------- 1. Ed25519 (RFC 8032, 5.1.7)
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)

def point(data):
    """Decode 32 bytes into a point (X, Y, Z, T) of the curve, or fail."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= P:
        raise Bad("a point of the signature is not on the curve")
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * ROOT_OF_MINUS_ONE % P
    if x * x % P != square or (x == 0 and sign):
        raise Bad("a point of the signature is not on the curve")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P

def add(one, two):
    """Add two points (RFC 8032, 5.1.4)."""
    a = (one[1] - one[0]) * (two[1] - two[0]) % P
    b = (one[1] + one[0]) * (two[1] + two[0]) % P
    c = 2 * one[3] * two[3] * D % P
    d = 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P

def times(number, one):
    """Add a point to itself `number` times."""
    total = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = add(total, one)
        one, number = add(one, one), number >> 1
    return total

def ed25519_is_good(key, message, signature):
    """Say whether `signature` (64 bytes) over `message` was made with the public `key`."""
    s = int.from_bytes(signature[32:], "little")
    if len(key) != 32 or len(signature) != 64 or s >= ORDER:
        return False
    base = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
    hashed = hashlib.sha512(signature[:32] + key + message).digest()
    k = int.from_bytes(hashed, "little") % ORDER
    left, right = times(s, base), add(point(signature[:32]), times(k, point(key)))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (
        left[1] * right[2] - right[1] * left[2]
    ) % P == 0


# ---------------------------------------- 2. The signed checkpoint (C2SP signed-note, checkpoint)
def from_base64(text, name):
    """Decode base64 that is spelled in the one canonical way; `name` is the file that has it."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        data = b""
    if base64.b64encode(data).decode() != text:
        raise Bad("%s: some base64 in it is not spelled in the canonical way" % name)
    return data

def read_checkpoint(store):
    """Return (vkey, origin, size, root) after checking the signature."""
    vkey = store.read("keys/ledger.vkey").decode()
    name, _, rest = vkey.rstrip("\n").partition("+")
    key_hash, _, key = rest.partition("+")
    raw_key = from_base64(key, "keys/ledger.vkey")
    key_id = hashlib.sha256(name.encode() + b"\n" + raw_key).digest()[:4]
    if raw_key[:1] != b"\x01" or key_id.hex() != key_hash or vkey != vkey.strip() + "\n":
        raise Bad("keys/ledger.vkey: it is not an Ed25519 verifier key")
    note = store.read("log/checkpoint").decode()
    text, _, signatures = note.partition("\n\n")
    text += "\n"
    if not is_signed(text, signatures, name, key_id, raw_key[1:]):
        raise Bad("log/checkpoint: it carries no good signature by the key in keys/ledger.vkey")
    origin, size, root = text.split("\n")[:3]
    if text != "%s\n%d\n%s\n" % (origin, int(size), root) or origin != name:
        raise Bad("log/checkpoint: it is not a checkpoint of this log")
    if len(from_base64(root, "log/checkpoint")) != 32:
        raise Bad("log/checkpoint: its root is not 32 bytes")
    return vkey.strip(), origin, int(size), from_base64(root, "log/checkpoint")

def is_signed(text, signatures, name, key_id, key):
    """Look for our signature among the lines; lines by others (witnesses) are left alone."""
    if not signatures.endswith("\n"):
        return False
    good = 0
    for line in signatures[:-1].split("\n"):
        match = re.fullmatch("\u2014 ([^ +]+) ([A-Za-z0-9+/=]+)", line)
        if not match:
            return False
        data = from_base64(match.group(2), "log/checkpoint")
        if match.group(1) == name and data[:4] == key_id:
            if not ed25519_is_good(key, text.encode(), data[4:]):
                return False
            good += 1
    return good == 1


# ------------------------------------------------- 3. The log (RFC 6962 tree, C2SP tlog-tiles)
def leaf_hash(entry):
    """Hash one entry."""
    return hashlib.sha256(b"\x00" + entry).digest()

def tree_root(hashes):
    """Return the root over leaf hashes, or over roots of complete trees of one size."""
    if len(hashes) < 2:
        return hashes[0] if hashes else hashlib.sha256(b"").digest()
    half = 1 << ((len(hashes) - 1).bit_length() - 1)
    return hashlib.sha256(b"\x01" + tree_root(hashes[:half]) + tree_root(hashes[half:])).digest()

def all_tiles(leaves):
    """Return {(level, index): bytes} of every tile of the tree; a tile has up to 256 hashes."""
    tiles, level, hashes = {}, 0, leaves
    while hashes:
        for start in range(0, len(hashes), 256):
            tiles[level, start // 256] = b"".join(hashes[start : start + 256])
        full = len(hashes) - len(hashes) % 256
        hashes = [tree_root(hashes[start : start + 256]) for start in range(0, full, 256)]
        level += 1
    return tiles

def tile_name(level, index, width):
    """Name a tile file: index 1234067 is x001/x234/067; a partial one ends in .p/WIDTH."""
    parts = ["%03d" % (index % 1000)]
    while index >= 1000:
        index //= 1000
        parts.insert(0, "x%03d" % (index % 1000))
    name = "log/tile/%s/%s" % (level, "/".join(parts))
    return name if width == 256 else "%s.p/%d" % (name, width)

def parse_tile_name(name):
    """Return (level, index, width), or None when no tile has that name."""
    match = re.fullmatch(r"log/tile/(entries|\d+)/((?:x\d{3}/)*\d{3})(?:\.p/(\d+))?", name)
    if not match:
        return None
    level = match.group(1) if match.group(1) == "entries" else int(match.group(1))
    index = int(match.group(2).replace("x", "").replace("/", ""))
    width = int(match.group(3) or 256)
    return (level, index, width) if tile_name(level, index, width) == name else None

def split_bundle(data):
    """Return the entries of a bundle: each has its length before it, two bytes, big-endian."""
    entries, at = [], 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 2], "big")
        entries.append(data[at + 2 : at + 2 + length])
        if len(data) < at + 2 + length:
            raise Bad("it ends inside an entry")
        at += 2 + length
    return entries

def widths(size):
    """Yield (index, width) of every bottom tile of a log of `size` entries."""
    for start in range(0, size, 256):
        yield start // 256, min(256, size - start)

class Log:
    """The whole log, read and recomputed.

    vkey, origin, size: as the checkpoint says. first: the first entry. deposits: the entries
    "custody.deposited", oldest first. problems: (file, sentence) for everything that is wrong.
    unpacked: model to a word for where its files lie, while they are in no pack.
    destroyed: key id to when the key was destroyed. dropped: prefixes of files that need not be.
    notes: the same for what an interrupted write left behind, which is harmless.
    """

    def __init__(self, store):
        self.problems, self.notes, self.first, self.deposits = [], [], None, []
        self.packs, self.unpacked, self.destroyed, self.dropped = [], {}, {}, ()
        self.vkey, self.origin, self.size, root = read_checkpoint(store)
        leaves = self.choose_leaves(store, root)
        self.tiles = all_tiles(leaves)
        self.check_files(store)
        for index, width in widths(self.size):
            self.read_entries(store, index, width)

    def leaves_of(self, store, level):
        """Return {index: leaf hashes} from the entry bundles, or from the tiles of level 0."""
        found = {}
        for index, width in widths(self.size):
            try:
                data = store.read(tile_name(level, index, width))
                if level == "entries":
                    found[index] = [leaf_hash(entry) for entry in split_bundle(data)]
                else:
                    found[index] = [data[at : at + 32] for at in range(0, len(data), 32)]
            except (Bad, OSError):
                found[index] = []
        return found

    def choose_leaves(self, store, root):
        """Return the leaf hashes that the signed root vouches for; else those of the entries."""
        by_entry, by_tile = self.leaves_of(store, "entries"), self.leaves_of(store, 0)
        ways = []
        for found in (by_entry, by_tile):
            ways.append([leaf for index in sorted(found) for leaf in found[index]])
            if len(ways[-1]) == self.size and tree_root(ways[-1]) == root:
                return ways[-1]
        self.problems.append(("log/checkpoint", "its signed root is not that of the entries"))
        for index, width in widths(self.size):
            if by_entry[index] != by_tile[index]:
                name = tile_name("entries", index, width)
                self.problems.append((name, "it differs from its tile of hashes"))
        return ways[0]

    def check_files(self, store):
        """Compare every file under log/, bit by bit, with the tree that was recomputed."""
        names = set(store.names("log/")) - {"log/checkpoint"}
        wanted = {tile_name(at[0], at[1], len(data) // 32) for at, data in self.tiles.items()}
        wanted |= {tile_name("entries", index, width) for index, width in widths(self.size)}
        self.problems += [(name, "it is missing") for name in sorted(wanted - names)]
        for name in sorted(names):
            place = parse_tile_name(name)
            if place is None:
                self.problems.append((name, "it does not belong in a log"))
                continue
            level, index, width = place
            right = self.tiles.get((0 if level == "entries" else level, index), b"")
            if 32 * width > len(right):
                self.notes.append((name, "it lies beyond the checkpoint"))
            elif self.hashes_in(store, name, level) != right[: 32 * width]:
                self.problems.append((name, "it is not what the signed log says"))

    def hashes_in(self, store, name, level):
        """Return a file's leaf hashes or tile hashes, joined; None when it cannot be read."""
        try:
            data = store.read(name)
            if level != "entries":
                return data
            return b"".join(leaf_hash(entry) for entry in split_bundle(data))
        except (Bad, OSError):
            return None

    def read_entries(self, store, index, width):
        """Keep the entries of one bundle that the reader uses; a damaged one is passed over."""
        try:
            entries = split_bundle(store.read(tile_name("entries", index, width)))
        except (Bad, OSError):
            return
        vouched = self.tiles.get((0, index), b"")
        for position, raw in enumerate(entries):
            if leaf_hash(raw) != vouched[32 * position : 32 * position + 32]:
                continue
            entry = json.loads(raw)
            if index == position == 0:
                self.first = entry
            if entry["type"] == "custody.deposited":
                self.deposits.append(entry)
                if entry["body"].get("in_place"):
                    self.unpacked[entry["body"]["model"]] = entry["body"]["in_place"]
            if entry["type"] == "custody.packed_up":
                self.unpacked.pop(entry["body"]["model"], None)
            if entry["type"] == "custody.key_destroyed":
                self.destroyed[entry["body"]["key"]] = entry["at"]
            if entry["type"] == "custody.ciphertext_dropped":
                self.dropped += tuple(
                    "closed/%s/%s/" % (kind, entry["body"]["key"]) for kind in ("sealed", "erasable")
                )
            if entry["type"] == "custody.packed":
                place = entry["body"].get("place", "")
                self.packs += [
                    "%spacks/%s.pack" % (prefix_of(place), pack["digest"].partition(":")[2])
                    for pack in entry["body"]["packs"]
                ]


# --------------------------------------------------- 4. Encoded pieces (specs/encoded-piece.md)
RAW, ZSTD, RUN = 0, 1, 2
ORDERED = {4: 2, 5: 4, 6: 8}  # differences in the order of their base: bytes of an element
GROUP = 4096  # a group with so many elements takes no further key
HALF = bytes(value >> 1 for value in range(256))
LOW_BIT_ON_TOP = bytes((value & 1) << 7 for value in range(256))
ZIGZAG = bytes((value >> 1) ^ (255 if value & 1 else 0) for value in range(256))

def parse_piece(data, name, length):
    """Return (turn, base, [(width, form, coding, stored bytes, decoded length)]) of one piece.

    turn is 0, 1 for rotated elements, 2 or 3 for differences from the piece that base names:
    of floats in their order, or of every byte; 4, 5, 6 for differences of floats of 2, 4, 8 bytes
    that lie in the order of their base, whose planes have lengths that follow from it: None here.
    """
    if len(data) < 80:
        raise Bad("piece %s is cut off" % name)
    magic, version, turn, count, decoded, digest, base = struct.unpack_from("<4sBBHQ32s32s", data)
    if magic != b"EMPC" or version not in (1, 2, 3, 4) or digest.hex() != name:
        raise Bad("piece %s has a header that this reader cannot use" % name)
    if (version > 1) != (base != bytes(32)) or base == digest:
        raise Bad("piece %s has a base and is no difference, or is one without a base" % name)
    at = 80 + 8 * count
    if count == 0 or decoded != length or decoded > PIECE_LIMIT or len(data) < at:
        raise Bad("piece %s has a broken header" % name)
    records = list(struct.iter_unpack("<HBBI", data[80:at]))
    sizes = [record[0] for record in records]
    ordered = turn in ORDERED and version == 4
    size = ORDERED[turn] if ordered else sum(sizes)
    number, tail = divmod(decoded, size) if size else (0, 0)
    body = sizes[:-1] if tail else sizes
    if not size or 0 in body or (tail and sizes[-1] != 0) or size > max(1, decoded):
        raise Bad("piece %s has planes that do not fit it" % name)
    if len(body) == 1 and size != 1 and not ordered:
        raise Bad("piece %s has one plane alone that is not of width 1" % name)
    if turn not in {1: (0, 1), 2: (2,), 3: (3,), 4: (4, 5, 6)}[version]:
        raise Bad("piece %s says that %d was done to its elements" % (name, turn))
    if turn in (1, 2, 4, 5, 6) and (set(body) != {1} or size not in (2, 4, 8)):
        raise Bad("piece %s has elements that were turned in no known way" % name)
    planes = []
    for width, coding, form, stored in records:
        part = data[at : at + stored]
        holds = tail if not width else content_size(part) if coding == ZSTD else stored
        holds = holds if not width or ordered else number * width
        planes.append((width, form, coding, part, None if ordered and coding == RUN else holds))
        at += stored
        bad_size = stored != holds if coding == RAW else coding == RUN and stored != 1
        bad_size = bad_size or (coding == RUN and (width == 0 or number == 0))
        if form > (2 if ordered and width else 0) or coding not in (RAW, ZSTD, RUN) or bad_size:
            raise Bad("piece %s has a broken plane record" % name)
        if coding == ZSTD and (content_size(part) != holds or not 0 < holds <= decoded):
            raise Bad("piece %s has a zstd frame of the wrong size" % name)
    if at != len(data):
        raise Bad("piece %s has %d bytes and should have %d" % (name, len(data), at))
    if sum(plane[4] or 0 for plane in planes) > decoded + count:  # half bytes are rounded up
        raise Bad("piece %s has planes that hold more than it does" % name)
    return turn, base.hex() if version > 1 else None, planes

def content_size(frame):
    """Return the content size in the header of a zstd frame (RFC 8878, 3.1.1), -1 if none."""
    field = {0x20: (1, 0), 0x60: (2, 256), 0xA0: (4, 0)}.get(frame[4] if len(frame) > 4 else 0)
    if frame[:4] != b"\x28\xb5\x2f\xfd" or not field:
        return -1
    return int.from_bytes(frame[5 : 5 + field[0]], "little") + field[1]

def unzstd(frames):
    """Decompress zstd frames that follow one another: one process for thousands of frames."""
    if not frames:
        return b""
    try:
        from compression import zstd  # Python 3.14

        try:
            return zstd.decompress(frames)
        except zstd.ZstdError as problem:
            raise Bad("a zstd frame is broken: %s" % problem) from None
    except ImportError:
        program = shutil.which("zstd")
    if not program:
        raise Bad("no zstd here: install the program zstd (https://github.com/facebook/zstd)")
    done = subprocess.run([program, "-dcq"], input=frames, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False)
    if done.returncode:
        raise Bad("a zstd frame is broken: %s" % done.stderr.decode(errors="replace").strip())
    return done.stdout

def decode_pieces(pieces, fetch=None):
    """Return the decoded bytes of [(encoded, name, length)]; fetch(name) gives a base's bytes."""
    parsed = [parse_piece(*piece) for piece in pieces]
    bases = []
    for (_, base, _), (_, name, length) in zip(parsed, pieces):
        if base and not fetch:
            raise Bad("piece %s is a difference, and a difference differs from it" % name)
        bases += [(fetch(base), base, length)] if base else []
    bases = iter(decode_pieces(bases) if bases else [])
    plain = unzstd(b"".join(p[3] for _, _, planes in parsed for p in planes if p[2] == ZSTD))
    at, decoded = 0, []
    for turn, base, planes in parsed:
        parts = []
        for width, form, coding, stored, length in planes:
            if coding == ZSTD:
                stored, at = plain[at : at + length], at + length
            if coding == RUN and turn not in ORDERED:
                stored = stored * length
            parts.append((width, stored) if turn not in ORDERED else (width, form, coding, stored))
        if turn in ORDERED:
            decoded.append(put_in_order(parts, next(bases), ORDERED[turn]))
            continue
        size = sum(width for width, _ in parts)
        whole = join_planes(parts, turn == 1)
        if base:
            put = put_bytes_onto if turn == 3 else put_onto
            whole = put(whole, next(bases), size)
        decoded.append(whole)
    if at != len(plain):
        raise Bad("zstd gave %d bytes where %d were expected" % (len(plain), at))
    return decoded

def put_onto(differences, base, size):
    """Undo differences of floats; specs/encoded-piece.md has the steps. The tail is as it is."""
    end = len(differences) - len(differences) % size
    every, top = (1 << 8 * size) - 1, 1 << (8 * size - 1)
    numbers = "<%d%s" % (end // size, {2: "H", 4: "I", 8: "Q"}[size])
    out = []
    for zigzag, old in zip(struct.unpack(numbers, differences[:end]), struct.unpack(numbers, base[:end])):
        placed = (old ^ every if old & top else old | top) + ((zigzag >> 1) ^ -(zigzag & 1)) & every
        out.append(placed ^ top if placed & top else placed ^ every)
    return struct.pack(numbers, *out) + differences[end:]

def put_in_order(parts, base, size):
    """Undo differences that lie in the order of their base; specs/encoded-piece.md has the steps."""
    tail = parts.pop()[3] if parts[-1][0] == 0 else b""
    bits, body = 8 * size, len(base) - len(tail)
    numbers = struct.unpack("<%d%s" % (body // size, {2: "H", 4: "I", 8: "Q"}[size]), base[:body])
    places = [[] for _ in range(256)]
    for place, number in enumerate(numbers):
        places[number >> bits - 9 & 255].append(place)
    groups, group = [], []
    for number, with_key in enumerate(places):
        group += with_key
        if len(group) >= GROUP or (number == 255 and group):
            groups.append(group)
            group = []
    out, left = bytearray(body), iter(parts)
    for group in groups:
        for offset in range(size):
            for place, byte in zip(group, plane_of_group(left, len(group))):
                out[place * size + offset] = byte
    if next(left, None):
        raise Bad("a piece has more planes than its base has groups")
    return put_onto(bytes(out), base[:body], size) + tail

def plane_of_group(left, count):
    """Return one byte of each of `count` elements: one plane, or two of half bytes."""
    halves = []
    for wanted in (1, 2):
        _, form, coding, stored = next(left, (1, 3, RAW, b""))
        whole, length = form == 0 and wanted == 1, count if form == 0 else (count + 1) // 2
        data = stored * length if coding == RUN else stored
        if not (whole or form == wanted) or len(data) != length:
            raise Bad("a piece has planes that are not those of its base's groups")
        if whole:
            return data
        halves.append(data)
    low, high = halves
    if count % 2 and (low[-1] | high[-1]) > 15:
        raise Bad("a piece has a half byte after the last element that is not 0")
    out = bytearray(2 * len(low))
    out[0::2] = bytes(a & 15 | (b & 15) << 4 for a, b in zip(low, high))
    out[1::2] = bytes(a >> 4 | b & 240 for a, b in zip(low, high))
    return out[:count]

def put_bytes_onto(differences, base, size):
    """Undo differences of bytes, modulo 256. The tail is as it is."""
    end = len(differences) - len(differences) % size
    moved = differences[:end].translate(ZIGZAG)
    # Bytes are added two at a time, the even and the odd ones, so that none reaches its neighbour.
    out = bytearray(end)
    for at in (0, 1):
        one, two = bytearray(end), bytearray(end)
        one[at::2], two[at::2] = moved[at::2], base[at:end:2]
        total = int.from_bytes(one, "little") + int.from_bytes(two, "little")
        out[at::2] = total.to_bytes(end + 1, "little")[at:end:2]
    return bytes(out) + differences[end:]

def join_planes(parts, rotation):
    """Put the elements together again: element i takes bytes i*width to (i+1)*width of each."""
    tail = parts.pop()[1] if parts[-1][0] == 0 else b""
    if rotation:
        parts = [(1, part) for part in rotate_right([part for _, part in parts])]
    size = sum(width for width, _ in parts)
    out = bytearray(sum(len(part) for _, part in parts))
    offset = 0
    for width, part in parts:
        for byte in range(width):
            out[offset + byte :: size] = part[byte::width]
        offset += width
    return bytes(out) + tail

def rotate_right(planes):
    """Rotate elements right by one bit; planes[0] has their lowest bytes.

    Every byte is its own upper seven bits, with the lowest bit of the next higher byte on top.
    """
    turned = []
    for plane, higher in zip(planes, planes[1:] + planes[:1]):
        low = int.from_bytes(plane.translate(HALF), "little")
        top = int.from_bytes(higher.translate(LOW_BIT_ON_TOP), "little")
        turned.append((low | top).to_bytes(len(plane), "little"))
    return turned


# -------------------------------------------- 5. The store, its packs and its packages (specs/)
class Store:
    """A folder; files in it are named with / between the parts."""

    def __init__(self, folder):
        self.folder = folder
        marker = json.loads(self.read("store.json"))
        if marker.get("format") != "emeritus-store/1":
            raise Bad("store.json: this reader knows emeritus-store/1 only")

    def path(self, name):
        return os.path.join(self.folder, *name.split("/"))

    def read(self, name, offset=0, length=-1):
        try:
            with open(self.path(name), "rb") as file:
                file.seek(offset)
                return file.read(length)
        except FileNotFoundError:
            raise Bad("%s: it is missing" % name) from None

    def names(self, prefix=""):
        for folder, folders, files in os.walk(os.path.join(self.folder, *prefix.split("/"))):
            folders.sort()
            for file in sorted(files):
                yield os.path.relpath(os.path.join(folder, file), self.folder).replace(os.sep, "/")

    def sha256(self, name):
        digest = hashlib.sha256()
        with open(self.path(name), "rb") as file:
            for chunk in iter(lambda: file.read(1 << 20), b""):
                digest.update(chunk)
        return digest.hexdigest()

    def object(self, digest):
        """Return a public object that was named as sha256:<hex>, checked."""
        name = object_name(digest)
        data = self.read(name)
        if hashlib.sha256(data).hexdigest() != name.rpartition("/")[2]:
            raise Bad("%s: its SHA-256 is not the one in its name" % name)
        return data

def prefix_of(place):
    """Return what the names of a place's files begin with; it is empty for the public ones."""
    if place and not re.fullmatch("(sealed|erasable)/[0-9a-f]{32}", place):
        raise Bad("the record speaks of a place %s that no store has" % printable(place))
    return "closed/%s/" % place if place else ""

def object_name(digest, place=""):
    digits = re.fullmatch("sha256:([0-9a-f]{64})", digest).group(1)
    return "%sobjects/%s/%s" % (prefix_of(place), digits[:2], digits)

class Opened(Store):
    """The closed files of one key, under the names of public ones, decrypted into a folder."""

    def __init__(self, store, place, identity, folder):
        self.store, self.prefix, self.identity = store, prefix_of(place), identity
        self.folder = folder

    def path(self, name):
        path = os.path.join(self.folder, name.rpartition("/")[2])
        if not os.path.exists(path):
            self.decrypt(self.prefix + name, path)
        return path

    def names(self, prefix=""):
        for name in self.store.names(self.prefix + prefix):
            yield name[len(self.prefix):]

    def object(self, digest):
        return self.read(object_name(digest))

    def decrypt(self, name, path):
        """Check the stored bytes and let the age program open them; 32 random ones come first."""
        program = shutil.which("age")
        if not program:
            raise Bad("no age here: install the program age (https://age-encryption.org)")
        self.store.read(name, 0, 0)
        if self.store.sha256(name) != name.rpartition("/")[2].partition(".")[0]:
            raise Bad("%s: its SHA-256 is not the one in its name" % name)
        with open(self.store.path(name), "rb") as stored, open(path + ".part", "wb") as out:
            done = subprocess.Popen([program, "--decrypt", "-i", self.identity], stdin=stored,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            done.stdout.read(32)
            shutil.copyfileobj(done.stdout, out, 1 << 20)
            said = done.communicate()[1].decode(errors="replace").strip().split("\n")[0]
        if done.returncode:
            raise Bad("%s cannot be opened with this key: %s" % (name, said))
        os.replace(path + ".part", path)

def pack_pieces(store, name):
    """Return [(piece, offset, length)] from the index at the end of a pack."""
    size = os.path.getsize(store.path(name))
    trailer = store.read(name, max(0, size - 16))
    length = int.from_bytes(trailer[:8], "little")
    start = size - 16 - length
    if trailer[8:] != b"EMPACKIX" or start < 8:
        raise Bad("%s: it does not end as a pack does" % name)
    rows = json.loads(store.read(name, start, length))["pieces"]
    at = 8
    for _, offset, stored in rows:
        if offset != at:
            raise Bad("%s: the pieces in its index do not follow one another" % name)
        at += stored
    if at != start:
        raise Bad("%s: its pieces do not end where its index begins" % name)
    return rows

def piece_index(store, problems):
    """Return {piece: (pack, offset, length)} over all packs; a broken pack is a problem."""
    places = {}
    for name in store.names("packs/"):
        try:
            for piece, offset, length in pack_pieces(store, name):
                places.setdefault(piece, (name, offset, length))
        except (Bad, OSError, ValueError, KeyError, TypeError) as problem:
            problems.append((name, "its index cannot be read (%s)" % problem))
    return places

def read_manifest(store, deposit):
    """Return the manifest of a deposit: its files, in order, after checking what they claim."""
    manifest = json.loads(store.object(deposit["manifest"]))
    if manifest["format"] != "emeritus-package/1" or manifest["identity"] != deposit["identity"]:
        raise Bad("the manifest of %s is of another package" % printable(deposit["model"]))
    paths = [file["path"] for file in manifest["files"]]
    digests = b"".join(bytes.fromhex(file["sha256"]) for file in manifest["files"])
    if paths != sorted(set(paths), key=str.encode):
        raise Bad("the manifest of %s has its files out of order" % printable(deposit["model"]))
    if "sha256:" + hashlib.sha256(digests).hexdigest() != manifest["identity"]:
        raise Bad("the files of %s do not give its identity" % printable(deposit["model"]))
    known = set(paths)
    for path in paths:
        parts = path.split("/")
        if any("/".join(parts[:count]) in known for count in range(1, len(parts))):
            raise Bad("the manifest of %s has a file below a file" % printable(deposit["model"]))
    return manifest

def contents(store, places, file):
    """Yield the bytes of a file in the order of its pieces, and check its length and SHA-256."""
    digest, total, batch, waiting = hashlib.sha256(), 0, [], 0

    def fetch(piece):
        if piece not in places:
            raise Bad("%s: no pack holds the base %s" % (printable(file["path"]), piece))
        return store.read(*places[piece])

    for number, (piece, length) in enumerate(file["pieces"], 1):
        if piece not in places:
            raise Bad("%s: no pack holds its piece %s" % (printable(file["path"]), piece))
        batch.append((store.read(*places[piece]), piece, length))
        waiting += length
        if waiting >= BATCH_BYTES or number == len(file["pieces"]):
            for data in decode_pieces(batch, fetch):
                digest.update(data)
                total += len(data)
                yield data
            batch, waiting = [], 0
    if digest.hexdigest() != file["sha256"] or total != file["bytes"]:
        raise Bad("%s: its SHA-256 is not the one in the manifest" % printable(file["path"]))

def safe_parts(path):
    """Return the parts of a file's path; a path that could leave the folder is refused."""
    parts = path.split("/")
    if any(p in ("", ".", "..") or "\\" in p or not p.isprintable() for p in parts):
        raise Bad("the manifest names a file %s, which is not safe to write" % printable(path))
    return parts

def printable(text):
    """Return text without characters that a terminal would obey."""
    return "".join(c if c.isprintable() else "?" for c in str(text))


# ------------------------------------------------------------------------- 6. The three commands
def newest_deposits(log):
    """Return {model name: (time, what was deposited)}."""
    return {entry["body"]["model"]: (entry["at"], entry["body"]) for entry in log.deposits}

def command_list(store):
    log = Log(store)
    for name, (at, body) in sorted(newest_deposits(log).items()):
        files = "1 file" if body["files"] == 1 else "%s files" % body["files"]
        facts = (name, body["format"], files, body["raw_bytes"], at, body["identity"])
        key = body.get("place", "")[-32:]
        sealed = ", sealed under key %s" % key if key else ""
        if key in log.destroyed:
            sealed = ", destroyed: its key %s is gone since %s" % (key, log.destroyed[key])
        print(printable("%s  %s, %s, %s bytes, deposited %s, %s%s" % (facts + (sealed,))))
    return report(log.problems)

def command_restore(store, name, dest, salvage, identity):
    log = Log(store)
    if log.problems and not salvage:
        raise Bad("%s: %s (run verify; restore --salvage goes on)" % log.problems[0])
    report(log.problems)
    deposits = newest_deposits(log)
    if name not in deposits:
        raise Bad("the record has no model %s; it has: %s" % (name, ", ".join(sorted(deposits))))
    if name in log.unpacked:
        raise Bad("the files of %s lie in %s, and not in this store" % (name, log.unpacked[name]))
    if os.path.exists(dest) and (not os.path.isdir(dest) or os.listdir(dest)):
        raise Bad("%s is there already; name a folder that is absent or empty" % dest)
    place = deposits[name][1].get("place", "")
    if not place:
        return restore_files(store, deposits[name][1], name, dest)
    if place[-32:] in log.destroyed:
        print("Note: the key %s was destroyed on %s; a copy of it may still open this."
              % (place[-32:], log.destroyed[place[-32:]]), file=sys.stderr)
    if not identity:
        raise Bad("%s is sealed: say --identity FILE, a file with the key %s (specs/closed.md)"
                  % (name, place[-32:]))
    beside = os.path.dirname(os.path.abspath(dest))
    os.makedirs(beside, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".opened-", dir=beside) as folder:
        opened = Opened(store, place, identity, folder)
        return restore_files(opened, deposits[name][1], name, dest)

def restore_files(store, deposit, name, dest):
    """Write the files of a deposit; each gets its name once its SHA-256 is right."""
    manifest = read_manifest(store, deposit)
    places = piece_index(store, [])
    os.makedirs(dest, exist_ok=True)
    plans = [(os.path.join(dest, *safe_parts(file["path"])), file) for file in manifest["files"]]
    for path, file in plans:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        partial = os.path.join(dest, ".restoring-%d" % os.getpid())
        try:
            with open(partial, "xb") as out:
                for data in contents(store, places, file):
                    out.write(data)
                out.flush()
                os.fsync(out.fileno())
            os.replace(partial, path)
        finally:
            if os.path.exists(partial):
                os.remove(partial)
        print("%s  %s" % (file["sha256"], printable(file["path"])))
    print("Restored %s: every file has the SHA-256 that the record gives." % name)
    return 0

def command_verify(store):
    log = Log(store)
    problems, done = list(log.problems), {"objects": 0, "packs": 0, "models": 0, "files": 0}
    check_described(store, log, problems)
    check_names(store, problems, done)
    places = piece_index(store, problems)
    for name in log.packs:
        if not name.startswith(log.dropped) and not os.path.exists(store.path(name)):
            problems.append((name, "it is missing"))
    for entry in log.deposits:
        body = entry["body"]
        try:
            if body.get("place"):
                check_sealed(store, log, body, problems)
                continue
            store.object(body["signature"])
            manifest = read_manifest(store, body)
            if body["model"] in log.unpacked:
                where = printable(log.unpacked[body["model"]])
                print("Note: the files of %s lie in %s, and not in this store."
                      % (printable(body["model"]), where))
                continue
            for file in manifest["files"]:
                safe_parts(file["path"])
                done["files"] += 1
                check_file(store, places, body["model"], file, problems)
            done["models"] += 1
        except (Bad, OSError, KeyError, TypeError, AttributeError, ValueError) as problem:
            problems.append(("model %s" % body.get("model"), str(problem)))
    problems = without_left_out(store, problems)
    for name, note in log.notes:
        print("Note: %s: %s, and that is harmless." % (name, note))
    if report(problems):
        return 1
    print("The log has %d entries and is signed by %s." % (log.size, log.vkey))
    print("Everything is whole: %(objects)d objects, %(packs)d packs, %(models)d deposits and "
          "their %(files)d files were read and recomputed." % done)
    return 0

def check_sealed(store, log, body, problems):
    """Say what can be said of a sealed model without its key."""
    gone, model = log.destroyed.get(body["place"][-32:]), printable(body["model"])
    for digest in (body["manifest"], body["signature"]):
        name = object_name(digest, body["place"])
        if not name.startswith(log.dropped) and not os.path.exists(store.path(name)):
            problems.append((name, "it is missing"))
    if gone:
        print("Note: %s cannot be opened: its key was destroyed on %s." % (model, gone[:10]))
    else:
        print("Note: %s is sealed; its files are whole as they are stored, and what they "
              "hold can be checked with its key alone." % model)

def check_described(store, log, problems):
    """Compare the store's own files (readme, reader, specs, keys) with the first entry."""
    if not log.first or log.first["type"] != "record.opened":
        problems.append(("log", "its first entry does not open a record"))
        return
    body = log.first["body"]
    if (body["vkey"].strip(), body["origin"]) != (log.vkey, log.origin):
        problems.append(("keys/ledger.vkey", "it is not the key that opened the record"))
    for name, digest in sorted(body["files"].items()):
        if not os.path.isfile(store.path(name)):
            problems.append((name, "it is missing"))
        elif "sha256:" + store.sha256(name) != digest:
            problems.append((name, "its SHA-256 is not the one in the log's first entry"))

def check_names(store, problems, done):
    """Compare every object and pack, public or closed, with the SHA-256 in its name."""
    form = r"(?:closed/(?:sealed|erasable)/[^/]+/)?(objects/([0-9a-f]{2})/|packs/)([0-9a-f]{64})(\.pack)?"
    parity = r"closed/(?:sealed|erasable)/[^/]+/parity/[0-9a-f]{64}\.par"
    for prefix in ("objects/", "packs/", "closed/"):
        for name in store.names(prefix):
            if re.fullmatch(parity, name):
                continue
            match = re.fullmatch(form, name)
            kind = "packs" if match and match.group(1) == "packs/" else "objects"
            if not match or (match.group(4) is None) != (kind == "objects"):
                problems.append((name, "its name is none that a store has"))
            elif not match.group(3).startswith(match.group(2) or ""):
                problems.append((name, "it lies in the wrong folder"))
            elif store.sha256(name) != match.group(3):
                problems.append((name, "its SHA-256 is not the one in its name"))
            else:
                done[kind] += 1

def check_file(store, places, model, file, problems):
    """Decode one deposited file whole."""
    try:
        for _ in contents(store, places, file):
            pass
    except (Bad, OSError, KeyError, TypeError, ValueError) as problem:
        problems.append(("model %s" % printable(model), str(problem)))

def without_left_out(store, problems):
    """Make notes of what the bundle that was unpacked here left out, by its own list."""
    if not os.path.isfile(store.path("bundle.json")):
        return problems
    try:
        left, rest = set(json.loads(store.read("bundle.json"))["left_out"]), []
    except (KeyError, TypeError, ValueError):
        return problems + [("bundle.json", "it is not the list of a bundle")]
    for name, problem in problems:
        missing = name if problem == "it is missing" else problem.partition(":")[0]
        if missing in left and not os.path.exists(store.path(missing)):
            print(printable("Note: %s: %s is not here; bundle.json says that it was left out on "
                            "purpose." % (name, missing)))
        else:
            rest.append((name, problem))
    return rest

def report(problems):
    """Name every problem on the error stream; return the exit status."""
    for name, problem in problems:
        print(printable("Damaged: %s: %s." % (name, problem)), file=sys.stderr)
    if problems:
        print("%d problems were found; mend the store from another copy." % len(problems),
              file=sys.stderr)
    return 1 if problems else 0

def main(arguments):
    salvage = "--salvage" in arguments
    words = [word for word in arguments if word != "--salvage"]
    identity = None
    if "--identity" in words[:-1]:
        at = words.index("--identity")
        identity = words[at + 1]
        del words[at : at + 2]
    try:
        if len(words) == 2 and words[1] == "list" and not salvage:
            return command_list(Store(words[0]))
        if len(words) == 2 and words[1] == "verify" and not salvage:
            return command_verify(Store(words[0]))
        if len(words) == 4 and words[1] == "restore":
            return command_restore(Store(words[0]), words[2], words[3], salvage, identity)
    except (Bad, OSError) as problem:
        print(printable("Error: %s." % problem), file=sys.stderr)
        return 1
    except (KeyError, TypeError, AttributeError, ValueError, IndexError) as problem:
        print(printable("Error: the record has a form that this reader does not know (%s: %s)."
                        % (type(problem).__name__, problem)), file=sys.stderr)
        return 1
    print("\n".join(__doc__.split("\n")[2:5]), file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
