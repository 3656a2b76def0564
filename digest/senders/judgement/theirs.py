"""The words that servers use about a mail or a mailbox.

Regular expressions over `reading.words_of`, in lower case. Gathered from the manuals that `table` names and from bounces
of many servers, then made wider than what was found: each server words the same few things in its own way.
"""

from __future__ import annotations

from digest.senders.judgement.patterns import MAILBOX, words

# --- a mailbox that is only busy ------------------------------------------------------------------------------

GREYLISTED = words(r"gr[ae]y[- ]?list", r"policyd?[- ]?weight")
RECEIVING = words(
    rf"{MAILBOX}\b.{{0,60}}\breceiv\w+.{{0,30}}(?:too (?:quickly|fast|many|much)|at a rate|limit)",
    r"exceeding receiving limits",
    r"recipient'?s?\b.{0,40}(?:receiv\w+|inbound) (?:rate |message )?limit",
    r"(?:mail ?box|mail ?drop|user|recipient)\b.{0,20}(?:locked|busy|in use|temporarily \w+)",
)

# --- clear words about a mail or a mailbox --------------------------------------------------------------------

TOO_LARGE = words(
    r"(?:message|mail|email|body|content|data|request|payload|attachment|file|entity)s?\b.{0,40}"
    r"\b(?:too (?:large|big|long)|larger than|size exceed|size limit|length (?:is more|exceed)"
    r"|exceed\w*.{0,20}(?:size|length))",
    r"exceed\w*.{0,40}\b(?:message|mail|maximum|max|fixed|administrative)\b.{0,20}(?:size|length|limit)",
    r"(?:size|length) (?:limit|exceed|is too|is more)|too (?:large|big)\b|larger than|taille limite",
    r"max(?:imum)? (?:message |mail |inbound )*size",
)
THIS_LARGE = words(r"message (?:size|length) exceed")
NOT_TOO_LARGE = words(
    r"mail ?box (?:size )?(?:limit|exceed|is full|full)|quota|storage|headers?\b|\bspam|\bscore|\bpolic"
)
MAILBOX_SIZE = words(r"recip(?:ient)?'?s?\b|mail ?box|for (?:this|the) user")
FULL = words(
    rf"(?:{MAILBOX}|maildir|mailfolder|inbox|address|storage|boite)\b.{{0,40}}"
    r"\b(?:full|overfull|exceeded (?:its|the|storage)|pleine)",
    r"\bfull (?:mail ?box|inbox)",
    r"\b(?:over|out of|exceed\w*|above) ?(?:(?:the|its|their|his|allowed|storage|disk|mail ?box) ){0,3}quota",
    r"quota (?:\w+ ){0,3}(?:exceed|full|violation|reached|used up)|quota\b.{0,20}\b(?:boite|postfach|casella|buzon)",
    r"(?:disk|diskspace|disc|storage|mail ?box) (?:quota|space|limit)|space has been used up|too much mail data",
    r"(?:not enough|insufficient|no|not sufficient|does not have enough) (?:disk |storage |mail ?box )?"
    r"(?:space|storage)(?! system)",
    r"mail ?box (?:size )?(?:limit|exceed)|too many messages (?:on|in) (?:the|his|this)",
    r"(?:would|over)\b.{0,30}(?:allowed (?:storage|quota))|exceeded storage allocation",
    r"(?:mail ?box|postfach) (?:ist )?voll|casella piena|buzon lleno|boite .{0,20}pleine",
)
NO_SUCH_MAILBOX = words(
    rf"{MAILBOX}(?:'s|s|\(s\))?(?: (?:email|mail|address|addresses|name|account|id)){{0,3}}\W{{0,3}}"
    r"(?: ?(?:is|was|are|has|have|does|do|did|could|can|in|@recipient|@address|<@recipient>|\S+ is)){0,4}\W{0,3}"
    r"\b(?:unkn?own|no longer (?:valid|exists|on server|active|here|available|in use)"
    r"|not (?:be )?(?:found|exist\w*|known|here|recogni[sz]ed|a (?:valid|known|local)|valid|local|present)"
    r"|does ?n[o']?t exist|doesn't (?:exist|have)|non-?existent|invalid|inexistant|inconnue?|invalide|unbekannt"
    r"|sconosciuto|desconocido|inexistente)",
    r"(?:no such|unkn?own|invalid|non-?existent|bad|illegal|not a valid|not a known|not a local|no valid|undefined"
    r"|unrecogni[sz]ed) (?:or \w+ |virtual |local |such ){0,3}(?:user|recipients?|recip|mail ?box(?:es)?|mail ?drop"
    r"|account|addressee|alias|local[- ]?part|person|destination(?: mail ?box)?(?: address)?|rcpt|customer)\b",
    r"(?:no such|unkn?own) (?:email )?address|unknown or illegal",
    r"no (?:mail ?box|account|user|one|person)\b.{0,12}(?:here|by that name|at this|at that|found|available|with)",
    r"address \W?(?:@recipient\W? |@address\W? )?(?:is )?(?:unknown|does not exist|doesn't exist|not found"
    r"|could not be found|invalid|not known|no longer|not present|not recogni[sz]ed)",
    r"(?:@recipient|@address|account)\S{0,3}:? (?:\S+ ){0,3}?(?:does not exist|doesn't exist|not found|is unknown"
    r"|no longer|is not (?:a )?(?:known|valid))",
    r"tried to reach (?:does not exist|could not be found)|(?:doesn't|does not) have (?:an?|any) \S+ account",
    r"\bbad address\b|bad ?rcpt ?to|bad ?recipient ?to|valid ?rcpt ?to|inactive email address",
    r"resolver\.adr\.|recip(?:ient)? ?not ?found|no longer (?:valid|on server|an employee)",
    r"existe (?:dicha|ese)|nessun utente|kein (?:benutzer|postfach)|nie istnieje",
)
NO_SUCH_HERE = words(r"recipient address rejected: access denied")
#: A server that cannot be found while a mail is handed over may come back; one that a report names at the end does not.
NO_SUCH_HOST = words(
    r"host or domain name not found|no such (?:host|domain)|(?:host|domain) (?:unknown|not found|does not exist)"
    r"|unknown (?:host|domain)|unroute?able (?:address|mail domain)|name service error.{0,60}not found",
    r"find (?:a mail exchanger|any host)|no (?:mx|mail exchanger|smtp service)\b"
    r"|(?:host|domain|it) does not accept mail(?! from)|null ?mx|non[- ]existent hosts?"
    r"|illegal host/domain|no route to (?:host|domain)|address resolution of",
)
NOT_IN_DIRECTORY = words(r"not listed in (?:the )?(?:\w+ ){0,2}(?:directory|name & address book)")
LOCAL_TROUBLE = words(
    r"procmail|maildrop|couldn't create|can't create|command (?:died|failed)|pipe to|local delivery failed"
)
OF_ANOTHER = words(r"sender|helo|ehlo|your |client|reverse|ptr\b|temporar|try again|time[d ]?out")
#: KDDI's filters for what readers do not want answer with an address left out.
FILTERED_AS_UNKNOWN = words(r"^(?:\d{3})?[ :]*: user unknown")
DISABLED = words(
    rf"(?:{MAILBOX}|address)\b.{{0,50}}\b(?:disabl|deactivat|suspend|inactiv|frozen|terminat|discontinu|bloque|clos"
    r"|expired|archiv|locked|no longer accept|not active|on hold)\w*",
    rf"{MAILBOX} (?:is |has been |was )?(?:currently |temporarily )?blocked",
    r"(?:inactive|disabled|suspended|deactivated|closed|expired) (?:email |mail )?"
    r"(?:user|mail ?box|account|recipient|address)",
    r"no longer accepts mail",
)
PREFERENCES = words(
    r"recipient'?s? (?:preferences|polic)|by (?:the |this )(?:recipient|user)\b|user (?:rejects?|rules|refuses)",
    r"recipient is not accepting",
    r"only accepting mail from|list of senders to accept|members?[- ]only|not a member|not subscribed|moderated",
    r"restricted (?:mail ?box|recipient|group|list)|resolver\.rst|not authorized for this group|closed mailing list",
)
REJECTED_ADDRESS = words(
    r"address(?:es)? rejected|recipients? (?:is |are |was )?(?:rejected|refused|denied|not accepted|not ok|not allowed)",
    r"refuses? (?:to (?:receive|accept)|your)|not accepting (?:any )?mail(?! from)|rejected recipients?",
    r"mail ?box (?:is )?(?:currently )?unavail?able|account unavailable|recipients? .{0,12}(?:undeliverable|denied)",
    r"\binvalid address|address invalid|addresses were unknown|not an? (?:active|local) address",
)
NO_ROUTE = words(
    r"\b(?:host|domain|route|mx|server)\b.{0,40}(?:not found|unknown|not exist|doesn't exist|unreachable"
    r"|not reachable|not accept mail(?! from)|doesn't accept mail(?! from))",
    r"(?:no such|unknown|unroute?able|no) (?:host|domain|route|mx|address)\b|null ?mx|not accept mail(?! from)",
    r"name service error|lookup failure|mail receiving disabled",
)
CONTENT = words(
    r"(?:invalid|duplicate|missing|illegal|malformed|improper|multiple|bad|too many|8-?bit|unfolded)\b.{0,40}"
    r"\bheaders?\b",
    r"headers?\b.{0,40}(?:invalid|error|missing|not rfc|malformed|illegal|not accepted|too (?:long|many)|size)",
    r"rfc ?-?(?:5322|2822|822|5321|2047)|rfc compliant|\bmime\b|malformed (?:message|mail)|bare (?:lf|cr)|8-?bit data",
    r"line (?:length|limit|(?:is )?too long)|lines? longer than|\bcharset\b",
    r"(?:invalid|missing|unsupported|unknown|duplicate) (?:\S+ )?(?:field|parameter|property|value|json|attribute|tag)",
    r"(?:field|parameter|property|reply[- ]to|subject|html|tags)s?['`\"]? .{0,40}(?:invalid|missing|required|must)",
    r"(?:text|html|body|subject) (?:is|are) (?:missing|required|empty)|expected (?:mime|disposition)",
)

# --- fields of an API -----------------------------------------------------------------------------------------

TO_FIELD = words(
    r"[`'\"](?:to|cc|bcc|recipients?|rcpt|destination|to ?addresses)[`'\"]|\bto (?:field|address|addresses|header)\b",
    r"\b(?:invalid|illegal|bad|malformed|missing) (?:to|recipients?|destination|rcpt)\b|@recipient",
    r"\b(?:recipients?|destination)\b.{0,40}(?:invalid|not valid|illegal|reject|malformed|suppress|inactive|blocked)",
    r"(?:suppress|inactive).{0,30}(?:recipient|address)",
)
NOT_TO_FIELD = words(r"verif|[`'\"](?:from|sender|reply[- ]to)[`'\"]")
FROM_FIELD = words(
    r"[`'\"](?:from|sender|from (?:email|address|name))[`'\"]|@sender|@our-domain",
    r"\b(?:invalid|illegal|bad|malformed|missing) (?:from|sender)\b|\b(?:from|sender) (?:field|address|header|email)\b",
)
