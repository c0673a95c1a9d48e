"""Who issues certificates: the public authorities, and the boxes that put their own in place of a server's.

A box that opens TLS ("inspection") shows a certificate for the right name from an issuer that no browser
ships. Its name often says what it is. The list of public authorities holds what stands in the organisation
of the roots in Mozilla's programme and of their intermediates; a root that an administrator added to the
machine's own bundle is not in it, which is how a trusted interception is told.
"""

from __future__ import annotations

import re

from cryptography import x509
from cryptography.x509.oid import NameOID

PUBLIC_ORGANISATIONS = (
    "accv", "anf autoridad de certificacion", "actalis", "affirmtrust",
    "agence nationale de certification electronique", "amazon", "asseco data systems", "atos", "baltimore",
    "beijing certificate authority", "buypass", "certsign", "certainly", "certum", "certigna",
    "china financial certification authority", "chunghwa telecom", "cloudflare", "comodo", "cybertrust japan",
    "d-trust", "dhimyotis", "digicert", "disig", "e-tugra", "e-tuğra", "emudhra", "entrust",
    "firmaprofesional", "fnmt", "geotrust", "globalsign", "godaddy", "go daddy", "google trust services",
    "guang dong certificate authority", "harica", "hellenic academic", "hongkong post", "idemia", "identrust",
    "internet security research group", "itruschina", "izenpe", "japan certification services",
    "krajowa izba rozliczeniowa", "let's encrypt", "microsec", "microsoft", "naver", "netlock",
    "network solutions", "quovadis", "rapidssl", "secom trust", "sectigo", "securetrust", "ssl corp",
    "starfield", "swisssign", "t-systems", "deutsche telekom security", "taiwan-ca", "telia", "thawte",
    "trustasia", "trustcor", "trustwave", "tubitak", "unitrust", "unizeto", "usertrust", "verisign",
    "wisekey", "wotrus", "xramp", "zerossl", "e-commerce monitoring", "commscope",
)  # fmt: skip
"""How the names of their organisations begin, in lower case."""

MIDDLEBOXES = (
    ("zscaler", "Zscaler"), ("netskope", "Netskope"), ("goskope", "Netskope"),
    ("fortinet", "Fortinet FortiGate"), ("fortigate", "Fortinet FortiGate"),
    ("palo alto", "Palo Alto Networks"), ("paloalto", "Palo Alto Networks"),
    ("blue coat", "Blue Coat ProxySG"), ("bluecoat", "Blue Coat ProxySG"), ("symantec web", "Symantec WSS"),
    ("cisco umbrella", "Cisco Umbrella"), ("opendns", "Cisco Umbrella"), ("ironport", "Cisco Web Security"),
    ("check point", "Check Point"), ("checkpoint", "Check Point"), ("sophos", "Sophos"),
    ("forcepoint", "Forcepoint"), ("websense", "Forcepoint"), ("mcafee web", "Skyhigh Web Gateway"),
    ("skyhigh", "Skyhigh Web Gateway"), ("iboss", "iboss"), ("barracuda", "Barracuda"),
    ("sonicwall", "SonicWall"), ("watchguard", "WatchGuard"), ("untangle", "Untangle"),
    ("lightspeed", "Lightspeed"), ("securly", "Securly"), ("cato networks", "Cato Networks"),
    ("menlo", "Menlo Security"), ("cloudflare gateway", "Cloudflare Gateway"),
    ("gateway ca - cloudflare", "Cloudflare Gateway"), ("kaspersky", "Kaspersky"), ("avast", "Avast"),
    ("avg web", "AVG"), ("eset ssl", "ESET"), ("bitdefender", "Bitdefender"), ("dr.web", "Dr.Web"),
    ("adguard", "AdGuard"), ("mitmproxy", "mitmproxy"), ("charles proxy", "Charles"), ("fiddler", "Fiddler"),
    ("portswigger", "Burp Suite"), ("proxyman", "Proxyman"), ("squid", "Squid"), ("sangfor", "Sangfor"),
    ("深信服", "Sangfor"), ("qianxin", "Qi An Xin"), ("奇安信", "Qi An Xin"), ("hillstone", "Hillstone"),
    ("topsec", "Topsec"),
)  # fmt: skip
"""Words in the name of an issuer, in lower case, and the product that they give away."""


def name_words(name: x509.Name) -> str:
    """The common name and organisations of a subject or issuer, for matching and for showing."""
    kinds = (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME)
    values = [str(value.value) for kind in kinds for value in name.get_attributes_for_oid(kind)]
    return ", ".join(dict.fromkeys(values)) or name.rfc4514_string()


def middlebox(name: x509.Name) -> str:
    """The product that the name of an issuer gives away, or ""."""
    said = name_words(name).lower()
    return next((product for word, product in MIDDLEBOXES if _says(said, word)), "")


def is_public_authority(name: x509.Name) -> bool:
    """Whether a name is one of a public authority's: by its organisation, or its common name without one."""
    organisations = name.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    values = organisations or name.get_attributes_for_oid(NameOID.COMMON_NAME)
    said = " ".join(str(value.value) for value in values).lower()
    return not middlebox(name) and any(_says(said, word) for word in PUBLIC_ORGANISATIONS)


def _says(said: str, word: str) -> bool:
    """Whether a word stands in a text, at the beginning of a word of its own."""
    return re.search(rf"(?<!\w){re.escape(word)}", said) is not None
