"""Take what another archive sent into care, and keep where it came from beside it."""

from emeritus.catalogue import require_free
from emeritus.custody.deposit import Receipt, deposit
from emeritus.custody.interchange.entries import Received
from emeritus.custody.interchange.errors import ReceivedDamaged
from emeritus.custody.interchange.files import read_small
from emeritus.custody.interchange.parcel import Parcel
from emeritus.custody.interchange.proofs import PACKAGE
from emeritus.foundation import ModelName, Progress
from emeritus.record import Act, Record
from emeritus.runtime import Engine
from emeritus.vault import OmsSigner, Package, object_name
from emeritus.vault.package import PACKAGE_FORMAT


def receive(
    record: Record,
    parcel: Parcel,
    name: ModelName,
    *,
    signer: OmsSigner,
    engine: Engine,
    actor: str,
    opaque: bool,
    progress: Progress,
) -> Receipt:
    """Deposit the files of a parcel, and enter where they came from, in one act.

    What came with the files (bag-info, manifests, inventories, the proofs of another record) is
    kept as an object. An identity that the sender gives must be that of the files.

    Raises:
        ReceivedDamaged: the sender's identity is another, or a file changed since it was checked.
        NameTaken: a model of that name is here.
        UserError: as of `custody.deposit`.
    """
    check_free(record, name)
    _check_identity(parcel)
    provenance = parcel.provenance()

    def beside(act: Act, receipt: Receipt, package: Package) -> None:
        parcel.check_same(package)
        kept = act.keep(provenance)
        body = Received(str(name), parcel.form, parcel.version, parcel.described, str(kept))
        act.enter(body, (str(name), receipt.identity), (object_name(kept), kept))

    return deposit(
        record,
        parcel.gathered(),
        name,
        signer=signer,
        engine=engine,
        actor=actor,
        opaque=opaque,
        progress=progress,
        beside=beside,
    )


def check_free(record: Record, name: ModelName) -> None:
    """Check that a name can be given, before hours are spent on reading.

    Raises:
        NameTaken: a model of that name is here.
    """
    with record.read() as index:
        require_free(index, name)


def _check_identity(parcel: Parcel) -> None:
    """Compare the files with the package that another record sent along, if one did."""
    if PACKAGE not in parcel.beside:
        return
    data = read_small(parcel.beside[PACKAGE])
    if PACKAGE_FORMAT.encode() not in data:
        return  # Another archive may have a file of that name.
    said = Package.from_bytes(data, about=PACKAGE).identity
    if said != str(parcel.identity()):
        raise ReceivedDamaged(
            f"{PACKAGE} speaks of the model {said}, and the files are {parcel.identity()}: they "
            "are not the ones that were deposited; ask the sender",
            about=PACKAGE,
        )
