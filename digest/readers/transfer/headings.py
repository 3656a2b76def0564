"""What the headings of a table mean: who, and whether one speaks of leaving.

Case, blanks, hyphens and underscores do not count (see `standing.plain`). Languages are those of the product.
"""

from __future__ import annotations

import re

from digest.readers.transfer.standing import plain

#: Best first: a postal "Address" never beats a column that says e-mail.
ADDRESS = (
    "email address", "e mail address", "emailaddress", "email", "e mail", "subscriber email", "email id",
    "user email", "customer email", "member email", "contact email", "primary email", "e mail 1 value", "recipient",
    "e mail adresse", "email adresse", "emailadresse", "mailadresse", "mail adresse",  # de
    "adresse e mail", "adresse email", "adresse mail", "adresse électronique", "courriel", "mél",  # fr
    "correo electrónico", "correo electronico", "dirección de correo electrónico", "dirección de correo",
    "direccion de correo electronico", "correo", "email del suscriptor",  # es
    "indirizzo email", "indirizzo e mail", "indirizzo di posta elettronica", "posta elettronica",  # it
    "endereço de email", "endereço de e mail", "endereço eletrônico", "endereco de email", "correio eletrônico",
    "correio eletrónico", "correio electrónico",  # pt
    "e mailadres", "emailadres", "e mail adres", "mailadres",  # nl
    "adres e mail", "adres email", "adres mailowy", "adres poczty elektronicznej",  # pl
    "електронна пошта", "електронна адреса", "адреса електронної пошти", "ел. пошта", "імейл", "емейл",  # uk
    "البريد الإلكتروني", "البريد الالكتروني", "عنوان البريد الإلكتروني", "بريد إلكتروني", "الإيميل",  # ar
    "דוא\"ל", "דוא״ל", "דואל", "אימייל", "כתובת דוא\"ל", "כתובת דוא״ל", "כתובת אימייל", "דואר אלקטרוני",  # he
    "メールアドレス", "メール", "eメール", "電子メール", "電子メールアドレス",  # ja
    "电子邮件", "电子邮箱", "邮箱", "邮箱地址", "电子邮件地址", "電子郵件", "電子信箱",  # zh
    "mail", "subscriber", "address", "adresse",
)  # fmt: skip
NAME = (
    "name", "full name", "fullname", "display name", "subscriber name", "contact name",
    "vollständiger name", "nom complet", "nom et prénom", "nombre completo", "nombre y apellidos", "nome completo",
    "nome e cognome", "naam", "volledige naam", "imię i nazwisko", "imie i nazwisko", "повне ім'я", "піб",
    "ім'я та прізвище", "الاسم", "الاسم الكامل", "שם", "שם מלא", "氏名", "お名前", "名前", "姓名", "名字",
)  # fmt: skip
FIRST_NAME = (
    "first name", "firstname", "given name", "fname", "forename", "vorname", "prénom", "prenom", "nombre", "nome",
    "voornaam", "imię", "imie", "ім'я", "الاسم الأول", "שם פרטי", "名",
)  # fmt: skip
LAST_NAME = (
    "last name", "lastname", "family name", "surname", "lname", "nachname", "familienname", "nom", "nom de famille",
    "apellido", "apellidos", "cognome", "sobrenome", "apelido", "achternaam", "nazwisko", "прізвище", "اسم العائلة",
    "الكنية", "שם משפחה", "姓",
)  # fmt: skip

#: Words, or beginnings of them, that tell of people who left, bounced or complained.
_LEAVING = re.compile(
    # en: what exports are known to use, and its neighbours
    r"unsub|\bclean|bounc|black ?list|block|disabl|opt(?:s|ed)? ?out|complain|\bspam|suppress|cancel|delet|remov|inactiv|"
    r"unactivat|deactivat|do not|don'?t|reject|undeliver|abuse|invalid|revok|withdr|churn|\bleft\b|\bleav|\bgone\b|"
    r"\bquit|\bban(?:ned)?\b|no (?:e ?)?mail|\bdnc\b|\bnon ?subscrib|lapsed|unconfirm|"
    # de, nl
    r"abgemeldet|abmeld|austrag|ausgetragen|gekündigt|gesperrt|sperr|beschwerde|unzustellbar|gelöscht|widerruf|"
    r"afgemeld|uitgeschreven|afmeld|geblokkeerd|verwijderd|klacht|"
    # fr
    r"désabon|desabon|désinscri|desinscri|plainte|bloqué|supprimé|liste noire|rebond|rejeté|inactif|"
    # es, pt, it
    r"\bbajas?\b|desuscri|rebot|bloquead|queja|eliminad|inativ|disiscri|cancellat|annullat|bloccat|eliminat|rimbalz|"
    r"reclam|denúncia|lista negra|lista nera|revocad|revogad|descadastr|"
    # pl, uk
    r"wypisan|rezygn|wycofan|odrzucon|zablokowan|usunię|skarg|nieaktywn|відпис|заблок|скарг|видален|відмов|неактивн|"
    # ar, he, ja, zh
    r"إلغاء|الغاء|ملغى|ملغي|محظور|شكوى|مرتد|محذوف|הוסר|הסר|ביטול|בוטל|חסום|תלונה|נמחק|"
    r"解除|解約|退会|停止|配信不能|エラー|削除|ブロック|苦情|退订|取消|退信|投诉|屏蔽|黑名单|删除|退訂|封鎖"
)
#: Words of headings whose columns may tell the same in their cells.
_TELLING = re.compile(
    r"subscribed to|\bsubscribed$|\btype\b|\bstates?\b|status|\bactive\b|standing|permission|consent|accepts|receiv|"
    r"verif|error|fail|\breason|diagnos|\bopt\b|opted? ?in$|archiv|paus|\bstop|trash|expir|"
    r"zustand|\baktiv|toestand|statut|\bétat\b|\betat\b|\bestado|\bstato\b|\bstan\b|статус|стан\b|"
    r"الحالة|סטטוס|מצב|状態|ステータス|状态|狀態"
)

#: How a column that proves consent is called; the first kind is better proof than the second.
CONFIRMED_AT = (
    "confirmed at", "confirm time", "confirmation time", "confirmed on", "confirmation date", "date confirmed",
    "double opt in at", "doi date", "optin confirmed at",
)  # fmt: skip
SIGNED_UP_AT = (
    "optin time", "opt in time", "opted in at", "optin date", "opt in date", "subscribed at", "subscription time",
    "subscription date", "date subscribed", "subscribed on", "subscribe date", "signup date", "sign up date",
    "signed up at", "added time", "date added", "entered", "created at", "creation date", "date created", "joined",
    "date joined", "registered at", "since",
)  # fmt: skip
OTHER_PROOF = (
    "consent", "source", "ip", "confirmed ip", "confirm ip", "confirmation ip", "optin ip", "opt in ip",
    "subscription ip", "signup ip", "ip address", "did this subscriber manually confirm",
)  # fmt: skip
PROOF = (*CONFIRMED_AT, *SIGNED_UP_AT, *OTHER_PROOF)


def name_speaks_of_leaving(name: str) -> bool:
    """Tell whether a file's name says that the people in it left, bounced or complained."""
    return _LEAVING.search(plain(name)) is not None


def speaks_of_leaving(heading: str) -> bool:
    """Tell whether a column may say of a person that they left, bounced or complained."""
    text = plain(heading)
    return _LEAVING.search(text) is not None or _TELLING.search(text) is not None
