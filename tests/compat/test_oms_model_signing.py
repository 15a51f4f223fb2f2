"""Fidelity to OpenSSF Model Signing is proven against its own program, in both directions."""

import os
import subprocess
from pathlib import Path

import pytest

from emeritus.foundation import sha256
from emeritus.vault.errors import SignatureWrong
from emeritus.vault.oms import OmsSigner, SignedFile, root_digest, verify_bundle
from emeritus.vault.sources import gather

pytestmark = pytest.mark.long


def model_signing(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the real program."""
    python = os.environ.get("EMERITUS_MODEL_SIGNING")
    if not python:
        pytest.fail(
            "expected EMERITUS_MODEL_SIGNING to name a Python with model-signing 1.1.1 and "
            "pyopenssl installed, found it empty: make such an environment and set it"
        )
    command = [python, "-m", "model_signing", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny"
    for name in ("a/b.bin", "a-b.bin", "a.txt", ".gitattributes", "é.json", "モデル.bin"):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    return folder


def signed_files(folder: Path) -> list[SignedFile]:
    return [SignedFile(s.path, sha256(s.file.read_bytes())) for s in gather(folder).sources]


def test_their_program_verifies_our_bundle_and_sees_a_changed_file(
    tmp_path: Path, model: Path
) -> None:
    signer = OmsSigner.generate()
    bundle, key = tmp_path / "model.sig", tmp_path / "public.pem"
    bundle.write_bytes(signer.sign(signed_files(model), name="tiny"))
    key.write_bytes(signer.public_pem)
    verify = ("verify", "key", model, "--signature", bundle, "--public_key", key)
    good = model_signing(*verify, "--no-ignore-git-paths")
    assert (good.returncode, good.stdout.strip()) == (0, "Verification succeeded"), good.stderr
    (model / "a.txt").write_text("changed")
    bad = model_signing(*verify, "--no-ignore-git-paths")
    assert bad.returncode != 0
    assert "a.txt" in bad.stderr


def test_we_verify_a_bundle_that_their_program_made_with_our_key(
    tmp_path: Path, model: Path
) -> None:
    signer = OmsSigner.generate()
    bundle, key = tmp_path / "model.sig", tmp_path / "private.pem"
    key.write_text(signer.to_pem())
    made = model_signing(
        "sign", "key", model, "--signature", bundle, "--private_key", key, "--no-ignore-git-paths"
    )
    assert made.returncode == 0, made.stderr
    verified = verify_bundle(bundle.read_bytes(), signer.public_pem)
    assert verified == tuple(signed_files(model))
    assert root_digest(verified) == root_digest(signed_files(model))
    with pytest.raises(SignatureWrong):
        verify_bundle(bundle.read_bytes(), OmsSigner.generate().public_pem)
