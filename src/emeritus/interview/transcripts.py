"""Check a sealed transcript: its chain against its entry, its words against the weights."""

from collections.abc import Iterator
from dataclasses import dataclass

from emeritus.conversation import (
    Transcript,
    asked_before,
    prompt_of,
    read_transcript,
    turns_of,
)
from emeritus.foundation import Digest, Progress, sha256, sha256_hex
from emeritus.interview.errors import NoInterview, TranscriptDiffers
from emeritus.interview.facts import InterviewFact
from emeritus.runtime import Endpoint, Replayed, Sampler, Worker, replay, request_body
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


def requests_match(transcript: Transcript, endpoint: Endpoint) -> bool:
    """Say whether every request to another party's server is what the lines before it make.

    So nothing was sent that the transcript leaves out. That the server's model answered, and which
    one that is, nobody can see from here.

    Args:
        transcript: a whole one.
        endpoint: where the model was served, by its entry.
    """
    for line in transcript.answers():
        if line.received is None:
            continue
        before, question = asked_before(transcript, line.seq)
        body = request_body(
            endpoint,
            turns_of(transcript.header, before, question),
            most_tokens=line.received.most_tokens,
            temperature=float(line.received.temperature),
            seed=bytes.fromhex(line.received.seed),
        )
        if sha256_hex(body) != line.received.request:
            return False
    return True


def replay_transcript(
    worker: Worker, transcript: Transcript, progress: Progress | None = None
) -> Iterator[AnswerReplay]:
    """Yield every answer of the model, written again from the weights.

    Answers of a server that another party runs are left out: see `requests_match`.

    Args:
        worker: a fresh one with the transcript's engine and settings.
        transcript: a whole one.
        progress: told of every token.

    Raises:
        WorkerDied: the process ended.
    """
    for line in transcript.answers():
        if line.received is not None:
            continue
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
