"""The mails of one connection: commands out, replies in, an outcome for each. Knows no socket and no clock.

With PIPELINING (RFC 2920) a message costs one round trip: while the reply to a final dot is on its way, the next
MAIL, RCPT and DATA already ride behind that dot. At every moment it is known how far each message has come, and that
decides what a lost connection means: before its last byte a message was certainly not taken, after it that is unknown.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from digest.model import Message, Unknown, Unsent
from digest.senders import SendResult
from digest.senders._verdicts import Record
from digest.senders.judgement import Phase
from digest.senders.smtp import envelope, verdicts
from digest.senders.smtp.handshake import Features
from digest.senders.smtp.replies import NotSmtpError, Reply, ReplyReader
from digest.senders.smtp.transaction import Step, Transaction

#: The end of a message is followed by less than this, so as long as more is unwritten, so is that end.
MAX_TAIL = 1024


class Session:
    """The mail transactions of one connection after its handshake.

    The driver writes `take_output()`, feeds `receive`, and tells `lost`. `closing` is why no further message may be
    given to it ("" as long as it may). With a `window`, and where the server offers CHUNKING (RFC 3030), that many
    messages are on their way at once without waiting for any reply; each of them is in doubt if the connection is lost.
    """

    def __init__(
        self, features: Features, where: str, *, window: int = 0, record: Record | None = None
    ) -> None:
        self.closing = ""
        self.served = 0  # messages begun
        self.heard = 0  # replies
        self._features = features
        self._where = where
        self._record = record or Record()
        self._pipelining = "PIPELINING" in features
        self.window = window if self._pipelining and "CHUNKING" in features else 0
        self._reader = ReplyReader()
        self._output: list[bytes] = []
        self._unsaid: deque[tuple[Step, Transaction | None, Sequence[bytes]]] = deque()
        self._expected: deque[tuple[Step, Transaction | None]] = deque()
        self._opening: Transaction | None = None  # its envelope is being negotiated
        self._latest: Transaction | None = None  # the last whose message was handed over
        self._unclean = False  # the server may still hold an envelope that came to nothing

    @property
    def room(self) -> bool:
        """Whether another message may be submitted now."""
        if self.closing or self._opening or self._unsaid:
            return False
        if self.window:
            return sum(step is Step.BDAT for step, _ in self._expected) < self.window
        return not self._expected or (self._pipelining and self._expected[-1][0] is Step.DOT)

    @property
    def idle(self) -> bool:
        return not self._expected and not self._unsaid

    @property
    def awaited(self) -> Step | None:
        """What the next reply will be to."""
        return self._expected[0][0] if self._expected else None

    def take_output(self) -> list[bytes]:
        """Return what is to be written now, in pieces."""
        output, self._output = self._output, []
        return output

    # --- what we say ----------------------------------------------------------------------------------------

    def submit(self, message: Message, settle: Callable[[SendResult], None]) -> None:
        """Begin a message; `settle` is called once, with its outcome or with the error that stops the whole sender."""
        if objection := envelope.unfit(message, self._features, self._where):
            settle(objection)
            return
        self.served += 1
        transaction = Transaction(message, settle)
        if self._unclean:
            self.reset()
        self._unsaid.append((Step.MAIL, transaction, (envelope.mail_command(message, self._features),)))
        self._unsaid.append((Step.RCPT, transaction, (envelope.rcpt_command(message),)))
        if self.window:
            self._unsaid.append((Step.BDAT, transaction, envelope.chunk(message)))
            self._unclean = True  # no reply is awaited that would tell
            self._end(transaction)
        else:
            self._unsaid.append((Step.DATA, transaction, (b"DATA\r\n",)))
            self._opening = transaction
        self._speak()

    def _end(self, transaction: Transaction) -> None:
        """Note that the message's last byte leaves now."""
        transaction.ended = True
        self._latest = transaction

    def reset(self) -> None:
        """Make the server forget an envelope that came to nothing, or give a sign of life."""
        self._unclean = False
        self._unsaid.append((Step.RSET, None, (b"RSET\r\n",)))
        self._speak()

    def quit(self) -> None:
        """Say goodbye; to be called when idle."""
        self.closing = self.closing or "the connection was closed"
        self._unsaid.append((Step.QUIT, None, (b"QUIT\r\n",)))
        self._speak()

    def _speak(self) -> None:
        """Write the commands that wait; without pipelining each only when the replies to all before it have come."""
        while self._unsaid and (self._pipelining or not self._expected):
            step, transaction, command = self._unsaid.popleft()
            self._output += command
            self._expected.append((step, transaction))

    # --- what we hear ---------------------------------------------------------------------------------------

    def receive(self, data: bytes) -> None:
        """Take in what the server wrote."""
        try:
            for reply in self._reader.feed(data):
                self._hear(reply)
        except NotSmtpError as error:
            self.lost(f"{self._where} sent {error}")

    def _hear(self, reply: Reply) -> None:
        self.heard += 1
        if not self._expected:
            if not self.closing:
                self.lost(f"{self._where} spoke unasked: {reply}")
            return
        step, transaction = self._expected[0]
        if transaction:
            _HANDLERS[step](self, transaction, reply)
        self._expected.popleft()
        if reply.code == 421:
            self.lost(f"{self._where} closes the connection: {reply}")
        elif step is Step.RSET and reply.code >= 300:
            self.lost(f"{self._where} does not reset: {reply}")
        if self._unsaid:
            self._speak()

    def _on_mail(self, transaction: Transaction, reply: Reply) -> None:
        if reply.code >= 400:
            self._fail(Phase.MAIL, transaction, reply)
        elif reply.code >= 300:
            raise NotSmtpError(f"no SMTP reply to MAIL: {reply}")

    def _on_rcpt(self, transaction: Transaction, reply: Reply) -> None:
        if reply.code >= 400:
            self._fail(Phase.RCPT, transaction, reply)
        elif reply.code >= 300:
            raise NotSmtpError(f"no SMTP reply to RCPT: {reply}")

    def _on_data(self, transaction: Transaction, reply: Reply) -> None:
        self._opening = None
        if reply.code >= 400:
            self._fail(Phase.DATA, transaction, reply)
        elif reply.code != 354:
            raise NotSmtpError(f"no SMTP reply to DATA: {reply}")
        elif transaction.settled:  # the server wants a message although it refused its envelope: give it none
            self._output.append(b".\r\n")
            self._expected.append((Step.VOID, transaction))
        else:
            self._output += envelope.body(transaction.message)
            self._output.append(b".\r\n")
            self._expected.append((Step.DOT, transaction))
            self._end(transaction)

    def _on_end(self, transaction: Transaction, reply: Reply) -> None:
        if reply.code >= 400:
            self._refuse(Phase.DATA, transaction, reply)
        elif reply.code >= 300:
            raise NotSmtpError(f"no SMTP reply to a message: {reply}")
        else:
            self._record.taken = transaction.message
            transaction.settle(verdicts.accepted(reply))

    def _on_void(self, transaction: Transaction, reply: Reply) -> None:
        self._unclean = True

    def _fail(self, phase: Phase, transaction: Transaction, reply: Reply) -> None:
        """Settle an envelope that came to nothing; behind it the server needs a RSET."""
        self._refuse(phase, transaction, reply)
        self._unclean = True
        if self._unsaid:  # without pipelining there is no need to go on with it
            self._unsaid.clear()
            self._opening = None

    def _refuse(self, phase: Phase, transaction: Transaction, reply: Reply) -> None:
        if transaction.settled:  # what was pipelined behind a refusal is refused as well
            return
        verdict = verdicts.refused(phase, reply, transaction.message, self._where, self._record)
        transaction.settle(verdict)
        if isinstance(verdict, Unsent):  # another connection will do
            self.closing = self.closing or verdict.reply

    # --- the end --------------------------------------------------------------------------------------------

    def lost(self, reason: str, *, blocked: bool = False) -> None:
        """Settle everything that is under way: the connection is gone or must not be used any more.

        `blocked` says that more than MAX_TAIL bytes of the output never left this machine, and never will.
        """
        self.closing = self.closing or reason
        under_way = [
            transaction for _, transaction in (*self._expected, *self._unsaid_steps()) if transaction
        ]
        self._expected.clear()
        self._unsaid.clear()
        self._opening = None
        for transaction in under_way:
            certain = not transaction.ended or (blocked and self._held_back(transaction))
            transaction.settle(Unsent(reason) if certain else Unknown(reason))

    def _held_back(self, transaction: Transaction) -> bool:
        """Say whether the end of this message is surely behind the last byte that left, if MAX_TAIL bytes did not."""
        is_last = transaction is self._latest
        return is_last and (not self.window or transaction.message.size > MAX_TAIL)

    def _unsaid_steps(self) -> list[tuple[Step, Transaction | None]]:
        return [(step, transaction) for step, transaction, _ in self._unsaid]


_HANDLERS: dict[Step, Callable[[Session, Transaction, Reply], None]] = {
    Step.MAIL: Session._on_mail,
    Step.RCPT: Session._on_rcpt,
    Step.DATA: Session._on_data,
    Step.DOT: Session._on_end,
    Step.BDAT: Session._on_end,
    Step.VOID: Session._on_void,
}
