"""The words that servers use about us: our limits, our account, our name, our reputation.

Regular expressions over `reading.words_of`, in lower case. Gathered from the manuals that `table` names and from bounces
of many servers, then made wider than what was found: each server words the same few things in its own way.
"""

from __future__ import annotations

from digest.senders.judgement.patterns import BLOCKED, HOST, NOT, PERIOD, REFUSED, SENDER, words

# --- what is counted ------------------------------------------------------------------------------------------

QUOTA = words(
    r"\b(?:daily|hourly|weekly|monthly)\b.{0,60}\b(?:limit|quota|max|exceed|reached|number|allow)",
    rf"(?:limit|quota|max\w*|exceed\w*|reached|too many|allow\w*|frequency|rate)\b.{{0,80}}{PERIOD}",
    r"(?:sending|send|sent|submission|outgoing|outbound|relay|sender'?s?) (?:\w+ ){0,3}?(?:limit|quota)s?\b",
    r"(?:limit|quota)s? (?:\w+ ){0,3}?(?:sending|outgoing|outbound)",
    r"(?:messages?|emails?|recipients?|submission) (?:quota|allowance)",
    r"exceeded the max(?:imum)? (?:emails|messages|defers)",
    r"\b(?:credits?|plan|package|allowance)\b.{0,40}(?:exceed|exhaust|used up|insufficient|reached|ran out)",
    r"(?:exceed|exhaust|insufficient|not enough|no more)\w*.{0,20}\bcredits?\b",
    r"(?:has|have|you've|sender|domain|account)\b.{0,30}(?:exceed|reached|hit)\w*"
    r".{0,40}\b(?:send|sending|message|email|recipient|mail)s?\b.{0,30}\b(?:limit|quota|threshold|allowance)",
    r"\d+ (?:messages?|emails?|mails?|recipients?) ?/ ?(?:h\b|hour|d\b|day)|quota exceeded\b.{0,20}\bsender",
    r"tenant\b.{0,60}threshold",
)
NO_QUOTA_OF_OURS = words(
    r"(?:mail ?box|recipient|user)'?s? (?:\w+ )?(?:is |has )?(?:over|full|storage|disk|exceeded)",
    r"receiv\w+ limit",
)
ANY_QUOTA = words(r"\bquotas?\b")
THROTTLE = words(
    r"throttl|limit exceeded exception",
    r"rate[- ]?limit",
    r"(?:frequency|rate) (?:is )?(?:too high|limit|exceeded)",
    r"limited frequency",
    r"(?:maximum|max|sending|message|mail|unusual|excessive|high) (?:sending |message )?rate\b",
    r"\btoo (?:fast|quickly|frequent|often)",
    r"slow(?:er)? ?down|\bslower\b",
    r"too (?:many|much) (?:new )?(?:messages?|emails?|mails?|requests?)\b(?! (?:on|in|data) ?)",
    r"excessive (?:volume|message|mail|email|sending)|unexpected volume",
    r"exceed\w*.{0,60}(?:per|a|each)[ -](?:second|minute)",
)
NEW_CONNECTION = words(
    r"(?:messages?|mails?|emails?|transactions?|recipients?)\b.{0,30}per (?:smtp )?(?:connection|session)",
    r"new (?:session|connection)\b.{0,20}(?:try|again)|open a new (?:session|connection)",
    r"too many (?:messages|mails|emails|transactions|recipients)\b.{0,20}(?:connection|session)",
    r"too many (?:recipients|rcpts?)",
)
BUSY = words(
    r"too many (?:\w+ ){0,3}(?:connections?|sessions?|clients|processes|errors)|trop de connexions",
    r"(?:connections?|sessions?|concurren\w+)\b.{0,40}\b(?:limit|maximum|exceeded)",
    r"(?:server|system|service|host|resources?) (?:is |are )?(?:currently |temporarily |too )*"
    r"(?:busy|overload\w*|unavailable|not available|shutting down|going down)(?!; (?:client|sender|helo))",
    r"not (?:currently )?accepting (?:mail|messages|network|connections)(?! from)",
    r"(?:insufficient|not enough|out of|low on) (?:system )?(?:storage system|storage$|resources|memory)",
    r"insufficient system|mail system (?:full|congest)|system full|load average|high load",
    r"closing (?:transmission )?channel|under maintenance",
)

# --- what is surely about us ----------------------------------------------------------------------------------

LISTED = words(
    r"black[- ]?list",
    r"(?:block|deny|ban)[- ]?list",
    r"\bdns[- ]?[bw]ls?\b|\brbls?\b",
    r"\b(?:is|are|was|been|being|currently|address|found|due to|@ip) list(?:ed|ing)\b(?! in (?:our|the|my) directory)",
    r"\blist(?:ed|ing) (?:at|in|by|on|with) (?!(?:our|the|my) directory)",
    r"\bin (?:an? |the |their |our )?(?:\S+ )?(?:spamm?er'?s?|block|black|abuse|reputation) (?:list|database)",
    r"\b(?:bad|poor|low|negative|email|ip|sender|domain) reputation|reputation (?:of|score|problem|is|for|at)",
    rf"{HOST}\b.{{0,80}}{BLOCKED}",
    rf"{BLOCKED}.{{0,40}}{HOST}",
    r"(?:mail|connections?|messages?|access)\b.{0,30} from (?:ip |host |address )*\W?@ip",
)
SUSPENDED = words(
    r"\b(?:sending|outgoing|outbound|sender|submission|smtp)\b.{0,60}"
    r"\b(?:suspend|paus|disabl|deactivat|shut ?down|frozen|locked|revoked)\w*",
    r"\byour (?:\w+ ){0,3}(?:account|domain|service|access|subscription|mail ?box)\b.{0,40}"
    r"\b(?:suspend|paus|disabl|deactivat|terminat|block|lock|clos|expired|inactive|under review"
    r"|not (?:active|activated|approved|enabled))\w*",
    r"\baccount\b.{0,40}(?:suspended|disabled|blocked|not (?:active|activated|approved|allowed|enabled|permitted))"
    r".{0,20}\bsend(?:ing)?\b",
    r"account not subscribed|(?:account|sending) (?:suspended|disabled|paused) exception",
    r"\baccount (?:is )?(?:inactive|disabled|suspended|blocked)\b.{0,20}contact (?:support|us|your|the provider)",
    r"bad outbound sender|(?:unpaid|overdue) (?:invoice|bill|account)|payment (?:required|overdue)",
)
SUSPENDED_ACCOUNT = words(
    r"\baccount\b.{0,40}(?:suspend|disabl|block|lock|deactivat|terminat|not active)",
    r"\b(?:suspended|disabled)\b",
)
OF_A_READER = words(r"tried to reach|recipient|destinataire|@recipient")
LOGIN = words(
    r"(?:need|must|require|please|first|before).{0,30}(?:authenticat|log ?in\b|sign in\b)",
    r"authenticat\w*.{0,40}(?:requir|needed|first|fail|invalid|turned? on|missing|unsuccess)",
    r"(?:invalid|bad|wrong|incorrect) (?:\w+ )?(?:credentials?|login|user ?name|password)",
    r"(?:not|un)[ -]?(?:authenticated|logged in)|turn on smtp auth|\bauth required|authentification (?:requise|invalide)",
    r"(?:must|should|need to) (?:issue a )?starttls|(?:starttls|tls|encryption) (?:is )?required",
)
IDENTITY = words(
    rf"\b{SENDER}(?:'s)?:?(?: (?:email|mail|address|addresses|domain|identity|name|account|header|field|verif\w+"
    rf"|callout|system|host|user)){{0,3}}:?[^.;]{{0,50}}?\b(?:{REFUSED}"
    rf"|{NOT} (?:allowed|permitted|authori[sz]ed|verified|valid|exist|found|resolv|match|owned|recogni[sz]ed|known"
    r"|local|registered|belong|pre-?approved|a )|doesn't|unknown|invalid|fail|unverified|unresolvable|must|missing"
    r"|malformed|illegal|empty|syntax|spoof|forged|banned)",
    r"(?:invalid|bad|unknown|unverified|unverifiable|unroute?able|unresolvable|bogus|illegal|wrong|malformed"
    rf"|unauthori[sz]ed|forged|missing|empty|blank|unqualified) (?:\w+ )?(?:{SENDER}|mail from|reverse[- ]path)\b",
    r"\bsend(?:ing)? as\b|on behalf of|not owned by|purported responsible|domain of sender",
    rf"{NOT} (?:allowed|permitted|authori[sz]ed|entitled|able|valid) to (?:send|submit|perform|use (?:this|the))",
    r"(?:address|identity|identities|domain|sender|email)(?:es|s)? (?:is |are |was |has |have )?"
    r"(?:not |un|n't )(?:been )?verified|\bunverified\b",
    r"verified (?:sender|domain|identity)|identit(?:y|ies) (?:failed|not)|verify (?:your|the|a) (?:domain|sender)",
    rf"\b(?:helo|ehlo)\b.{{0,60}}(?:{REFUSED}|invalid|need|require|must|not|bad|syntax|fully|mismatch|unresolv)",
    r"(?:invalid|bad|bogus|illegal|forged) (?:helo|ehlo)|fully[- ]qualified (?:host|domain)",
    r"mail from\b.{0,30}(?:invalid|must|not owned)|from: domain is invalid|valid from\b",
    r"(?:could not|couldn't|can't|cannot|unable to) (?:complete )?(?:verify )?(?:the )?(?:sender|@sender)",
    r"verification failed for \W?(?!@recipient)|@sender\b.{0,60}(?:user unknown|no such|not exist)",
    r"(?:@our-domain|\bdomain)\b.{0,20}not (?:registered|configured|authori[sz]ed|verified|added|associated)",
)
NOT_IDENTITY = words(
    r"recipient address rejected|verification failed for \W?@recipient",
    r"(?:recipient|mail ?box|destination)\b.{0,30}(?:unknown|not found|not exist)",
    r"recipient'?s?\b.{0,60}(?:list of senders|preferences)|recipient's list|resolver\.rst",
    r"(?:sender|from)\b.{0,60}to (?:this|the) (?:recipient|mail ?box|user|group|list|address)",
)
OUR_ADDRESS = words(r"@sender\b")
NOT_OUR_ADDRESS = words(r"@recipient|spam|block|polic|list|spf|dkim|dmarc")

# --- what filters say -----------------------------------------------------------------------------------------

FILTERED = words(
    r"spam\w*|\bube\b|\bunsolicited|\bbulk (?:e?mail|advertis)|\bjunk|\bblock(?:ed|ing)?\b|\bbanned\b",
    r"\bpolic(?:y|ies)\b|organi[sz]ational settings|\breputation\b|\babus|\brelay|\bviru|malware|phish|infected",
    r"\bspf\b|\bdkim\b|\bdmarc\b|\barc fail|unauthenticated|authentication (?:level|check|result)|domainkeys",
    r"reverse dns|\bptr\b|\brdns\b|your (?:reverse )?hostname|name lookup failed|mismatches client|dynamic ip",
    r"allowed rcpthosts?|not an open|open (?:proxy|relay)|\bbatv\b|complaint|unwanted|mass mailer|anti-?spam",
    r"content (?:reject|filter|denied|not accept|restrict)|unacceptable content",
)
UNWELCOME = words(
    r"administrative(?:ly)? (?:prohibit|den)|access (?:is )?(?:denied|forbidden)|unauthori[sz]ed|go away",
    r"not (?:allowed|permitted|authori[sz]ed|wanted|welcome)|we do not (?:accept|want)|permanently deferred",
    r"message (?:content|filtered|refused)|banned content|refused to talk|client host|network not allowed|bad ip\b",
    r"your (?:ip|server|network|mail ?server)\b|geograph|geo ?ip|you (?:are|may|can) ?not|\bip\W{1,2}@ip|sending ip",
    r"not accept(?:ing)? (?:mail|messages|connections) from|submit (?:messages|mail)|senderfilter|rule imposed",
    r"(?:illegal|executable|dangerous|forbidden) (?:\w+ )?attachment|protocol violation|gateway user",
)
