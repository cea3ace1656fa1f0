"""Presence documents: PIDF (RFC 3863), data model (RFC 4479), RPID (RFC 4480), and where somebody
is (PIDF-LO, RFC 4119, RFC 5491)."""

from sbc.b2bua.body.schema import Rule, Schema, leaf, named
from sbc.b2bua.body.values import (
    decimal,
    decimals,
    language,
    number,
    one_of,
    opaque,
    uri,
    when,
    words,
)

PIDF = "urn:ietf:params:xml:ns:pidf"
MODEL = "urn:ietf:params:xml:ns:pidf:data-model"
RPID = "urn:ietf:params:xml:ns:pidf:rpid"
GEOPRIV = "urn:ietf:params:xml:ns:pidf:geopriv10"
POLICY = "urn:ietf:params:xml:ns:pidf:geopriv10:basicPolicy"
CIVIC = "urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr"
GML = "http://www.opengis.net/gml"
SHAPES = "http://www.opengis.net/pidflo/1.0"

_ACTIVITIES = (
    *("appointment", "away", "breakfast", "busy", "dinner", "holiday", "in-transit", "meal"),
    *("looking-for-work", "meeting", "on-the-phone", "performance", "permanent-absence", "playing"),
    *("presentation", "shopping", "sleeping", "spectator", "steering", "travel", "tv", "unknown"),
    *("vacation", "working", "worship"),
)
_PLACES = (
    *("country", "A1", "A2", "A3", "A4", "A5", "A6", "PRD", "POD", "STS", "HNO", "HNS", "LMK"),
    *("LOC", "FLR", "NAM", "PC", "BLD", "UNIT", "ROOM", "SEAT", "PLC", "PCN", "POBOX", "ADDCODE"),
    *("RD", "RDSEC", "RDBR", "RDSUBBR", "PRM", "POM", "HNP", "LMKP", "MP", "STP"),
)
_METHODS = (
    *("GPS", "A-GPS", "Manual", "DHCP", "Triangulation", "Cell", "802.11", "Derived", "OTDOA"),
    *("UTDOA", "LLDP-MED", "Wireless", "DGPS", "RTT", "TA"),
)
_SRS = ("urn:ogc:def:crs:EPSG::4326", "urn:ogc:def:crs:EPSG::4979")

_NOTE = leaf(words, lang=language)
_WHEN = leaf(when)
_SINCE = {"from": when, "until": when}
_ACTIVITY = Rule(
    attributes={"id": opaque, **_SINCE},
    children={
        **{(RPID, name): Rule() for name in _ACTIVITIES},
        **named(RPID, note=_NOTE, other=_NOTE),
    },
)
_IDLE = Rule(
    attributes={"id": opaque, "idle-threshold": number, "last-input": when},
    text=one_of("active", "idle"),
)
_POSITION = {
    (GML, "pos"): leaf(decimals),
    (SHAPES, "radius"): Rule({"uom": one_of("urn:ogc:def:uom:EPSG::9001")}, text=decimal),
}
_SHAPE = Rule(attributes={"id": opaque, "srsName": one_of(*_SRS)}, children=_POSITION)
_ADDRESS = Rule({"lang": language}, {(CIVIC, name): _NOTE for name in _PLACES})
_LOCATION = Rule(
    children={
        (GML, "Point"): _SHAPE,
        (SHAPES, "Circle"): _SHAPE,
        (CIVIC, "civicAddress"): _ADDRESS,
    }
)
_RULES = Rule(
    children={
        (POLICY, "retransmission-allowed"): leaf(one_of("yes", "no", "true", "false")),
        (POLICY, "retention-expiry"): _WHEN,
    }
)
_GEOPRIV = Rule(
    children={
        (GEOPRIV, "location-info"): _LOCATION,
        (GEOPRIV, "usage-rules"): _RULES,
        (GEOPRIV, "method"): leaf(one_of(*_METHODS)),
    }
)
_SAID = {
    (RPID, "activities"): _ACTIVITY,
    (RPID, "user-input"): _IDLE,
    (MODEL, "note"): _NOTE,
    (MODEL, "timestamp"): _WHEN,
    (MODEL, "deviceID"): leaf(opaque),
    (GEOPRIV, "geopriv"): _GEOPRIV,
}
_STATUS = Rule(
    children={
        (PIDF, "basic"): leaf(one_of("open", "closed")),
        (GEOPRIV, "geopriv"): _GEOPRIV,
    }
)
_TUPLE = Rule(
    attributes={"id": opaque},
    children={
        (PIDF, "status"): _STATUS,
        (PIDF, "contact"): leaf(uri, priority=decimal),
        (PIDF, "note"): _NOTE,
        (PIDF, "timestamp"): _WHEN,
        **_SAID,
    },
)
_SOMEBODY = Rule(attributes={"id": opaque}, children=_SAID)

PRESENCE = Schema(
    (PIDF, "presence"),
    Rule(
        attributes={"entity": uri},
        children={
            (PIDF, "tuple"): _TUPLE,
            (PIDF, "note"): _NOTE,
            (MODEL, "person"): _SOMEBODY,
            (MODEL, "device"): _SOMEBODY,
        },
    ),
    {
        MODEL: "dm",
        RPID: "rpid",
        GEOPRIV: "gp",
        POLICY: "gbp",
        CIVIC: "cl",
        GML: "gml",
        SHAPES: "gs",
    },
)
