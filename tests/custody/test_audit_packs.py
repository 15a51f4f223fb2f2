"""An audit names the file that is damaged, and charges no model with another's damage."""

from pathlib import Path

from tests.journeys.houses import audit, deposit, found, random_gguf, show, tiny_model


def test_damage_to_one_model_is_not_anothers(tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    deposit(house, tiny_model(tmp_path / "source"))
    packs = tmp_path / "home" / "store" / "packs"
    first = set(packs.iterdir())
    other = tmp_path / "other.gguf"
    other.write_bytes(random_gguf(1, 4096))
    deposit(house, other, "other")
    (pack,) = set(packs.iterdir()) - first
    pack.write_bytes(pack.read_bytes()[:-1])
    assert audit(house).outcome == "good"
    assert show(house)["custody"] == "verified"
    damaged = audit(house, "other")
    assert {finding.file for finding in damaged.findings} == {f"packs/{pack.name}"}


def test_a_pack_that_lists_another_piece_is_named(tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    deposit(house, tiny_model(tmp_path / "source"))
    (pack,) = (tmp_path / "home" / "store" / "packs").iterdir()
    head, mark, tail = pack.read_bytes().rpartition(b'{"pieces":[["')
    digit = b"1" if tail[:1] == b"0" else b"0"
    pack.write_bytes(head + mark + digit + tail[1:])
    result = audit(house)
    assert result.outcome == "damaged"
    assert {finding.file for finding in result.findings} == {f"packs/{pack.name}"}
