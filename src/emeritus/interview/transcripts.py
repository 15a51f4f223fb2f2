"""Check a sealed transcript: its chain against its entry, its words against the weights."""

from collections.abc import Iterator
from dataclasses import dataclass

from emeritus.conversation import Transcript, prompt_of, read_transcript
from emeritus.foundation import Digest, Progress, sha256
from emeritus.interview.errors import NoInterview, TranscriptDiffers
from emeritus.interview.facts import InterviewFact
from emeritus.runtime import Replayed, Sampler, Worker, replay
from emeritus.vault import Store, get_object


@dataclass(frozen=True, slots=True)
class AnswerReplay:
    """One answer written again.

    Attributes:
        seq: number of its line.
        replayed: what the weights say of its tokens; None when its prompt came out otherwise.
        is_same: prompt, every token and the text are what the transcript says.
    """

    seq: int
    replayed: Replayed | None
    is_same: bool


def transcript_of(store: Store, interview: InterviewFact) -> Transcript:
    """Read the transcript of a sealed interview, and check it against what was entered.

    Raises:
        NoInterview: it has no transcript: it is still open, or the draft was lost.
        NotInStore: the object is missing.
        TranscriptBroken: a line does not follow from the one before it.
        TranscriptDiffers: it is whole, and another one than was opened or sealed.
    """
    if interview.transcript is None:
        raise NoInterview(
            f"the interview of entry {interview.opened} has no transcript; it is open, or its "
            "draft was lost"
        )
    data = get_object(store, Digest.parse(interview.transcript))
    return check_transcript(data, interview)


def check_transcript(data: bytes, interview: InterviewFact) -> Transcript:
    """Check that these bytes are the transcript of that interview.

    Raises:
        TranscriptBroken: a line does not follow from the one before it.
        TranscriptDiffers: they are whole, and another transcript than was opened or sealed.
    """
    name = f"the transcript of the interview of entry {interview.opened}"
    transcript = read_transcript(data, name)
    if str(sha256(data)) != interview.transcript:
        raise TranscriptDiffers(
            f"{name} is not the one that was sealed: expected {interview.transcript}, found "
            f"{sha256(data)}; take it from another copy",
            about=name,
        )
    if transcript.header.digest != interview.header:
        raise TranscriptDiffers(
            f"{name} begins otherwise than it was opened, so it is of another interview", about=name
        )
    return transcript


def replay_transcript(
    worker: Worker, transcript: Transcript, progress: Progress | None = None
) -> Iterator[AnswerReplay]:
    """Yield every answer of the model, written again from the weights.

    Args:
        worker: a fresh one with the transcript's engine and settings.
        transcript: a whole one.
        progress: told of every token.

    Raises:
        WorkerDied: the process ended.
    """
    for line in transcript.answers():
        if line.written is None:
            yield AnswerReplay(line.seq, None, is_same=False)
            continue
        prompt = prompt_of(worker, transcript, line.seq)
        if prompt.digest != line.written.prompt:
            yield AnswerReplay(line.seq, None, is_same=False)
            continue
        sampler = Sampler(bytes.fromhex(line.written.seed), float(line.written.temperature))
        again = replay(worker, prompt.tokens, line.written.tokens, sampler, progress)
        text = again.data.decode(errors="replace")
        is_same = not again.mismatches and text == line.text
        yield AnswerReplay(line.seq, again, is_same=is_same)
