"""In place: a model is taken into care where its files lie, and packed later or never.

No second copy is made on the first day: its files are hashed, signed for, audited and run from
where they are. The record says the place in a word; the home knows the path.
"""

from emeritus.catalogue import find_model
from emeritus.custody.deposit import enter_packs, relatives_of, vouched_packs
from emeritus.custody.entries import PackedUp
from emeritus.custody.errors import CopyDamaged, PackedAlready
from emeritus.custody.facts import custody_of, package_of
from emeritus.custody.family import root_of
from emeritus.custody.ports import Located
from emeritus.foundation import Progress
from emeritus.record import Record
from emeritus.vault import Kept, PackagedFile, gathering, keep, object_name


def pack(
    record: Record, name: str, located: Located, *, actor: str, progress: Progress
) -> PackedUp:
    """Pack a model that was deposited in place; where its files lie nothing changes.

    Args:
        record: where it is kept.
        name: which model.
        located: knows where its files lie.
        actor: in which role.
        progress: told of the bytes read.

    Raises:
        NoSuchModel: no model of that name.
        PackedAlready: it is in packs.
        StoreNotLocated: nobody knows where its files lie.
        CopyDamaged: they are not what was deposited; nothing was entered.
        StoreUnavailable: the disk is full or failed; nothing was entered.
    """
    with record.read() as index:
        model = find_model(index, name).name
        about = custody_of(index, model, record.now()).kept()
        known = vouched_packs(index)
        relatives = relatives_of(record, index, "")
    if about.packed:
        raise PackedAlready(f"{model} is in packs already; nothing is to be done", about=model)
    relatives.pop(str(model), None)
    package = package_of(record.store, about.manifest)
    opaque = package.weights_format == "opaque"
    with record.keeping():
        with gathering(located.found(model), opaque=opaque) as gathered:
            kept = keep(
                record.store,
                gathered.sources,
                known_packs=known,
                opaque=opaque,
                progress=progress,
                relatives=tuple(relatives.values()),
            )
        if kept.package != package:
            raise CopyDamaged(
                f"the files of {model} are not what was deposited, {_changed(kept, package.files)} "
                "among them; bring them back as they were, or deposit them under another name",
                about=model,
            )
        base = next((one for one, other in relatives.items() if other is kept.base), "")
        beside = sum(
            record.store.size(object_name(one)) or 0 for one in (about.manifest, about.signature)
        )
        with record.act(actor) as act:
            enter_packs(act, kept)
            body = PackedUp(
                str(model),
                len(kept.packs),
                kept.piece_bytes + beside,
                root_of(act.index, base) if base else "",
                kept.differences,
            )
            act.enter(body)
    return body


def _changed(kept: Kept, deposited: tuple[PackagedFile, ...]) -> str:
    """Return the first path that is not as it was."""
    before, now = ({file.path: file for file in files} for files in (deposited, kept.package.files))
    return next(path for path in sorted(before | now) if before.get(path) != now.get(path))
