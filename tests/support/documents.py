"""XML bodies of peers, with a place for everything that a peer may write into them."""

from collections.abc import Mapping

DIALOG_INFO = """\
<?xml version="1.0"?>
<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" xmlns:x="urn:@T@" version="3" state="full"
  entity="sip:100@@T@" odd="@T@">
  <!-- @T@ -->
  <dialog id="@T@" call-id="@T@" local-tag="@T@" remote-tag="@T@" direction="recipient">
    <state event="@T@" code="200" reason="@T@">early</state>
    <duration>7</duration>
    <replaces call-id="@T@" local-tag="@T@" remote-tag="@T@"/>
    <referred-by display="Carl">sip:300@@T@</referred-by>
    <route-set><hop>sip:@T@;lr</hop></route-set>
    <local><identity display="Bob">sip:100@@T@;x=@T@</identity>
      <target uri="sip:@T@:5060;transport=tcp"><param pname="+sip.rendering" pval="no"/>
        <param pname="@T@" pval="@T@"/></target>
      <session-description type="application/sdp">c=IN IP4 @T@</session-description><cseq>1</cseq>
    </local>
    <remote><identity>tel:+49301234</identity><target uri="http://@T@/x"/></remote>
    <x:more where="@T@">@T@</x:more>
  </dialog>
</dialog-info>
"""
PIDF = """\
<?xml version="1.0" encoding="UTF-8"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model"
  xmlns:r="urn:ietf:params:xml:ns:pidf:rpid" xmlns:c="urn:ietf:params:xml:ns:pidf:caps"
  entity="pres:100@@T@">
  <tuple id="@T@">
    <status><basic>open</basic><c:other>@T@</c:other></status>
    <contact priority="0.8">sip:100@@T@:5070;transport=tls</contact>
    <note xml:lang="en">Back at five</note>
    <timestamp>2026-11-24T18:00:00Z</timestamp>
    <c:servcaps><c:extensions>@T@</c:extensions></c:servcaps>
  </tuple>
  <dm:person id="@T@"><r:activities><r:busy/><r:@T@x/></r:activities>
    <r:status-icon>http://@T@/icon.png</r:status-icon></dm:person>
  <dm:device id="@T@"><dm:deviceID>urn:device:@T@</dm:deviceID></dm:device>
</presence>
"""
LOCATION = """\
<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:gp="urn:ietf:params:xml:ns:pidf:geopriv10"
  xmlns:gml="http://www.opengis.net/gml" xmlns:gs="http://www.opengis.net/pidflo/1.0"
  xmlns:cl="urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr" entity="pres:100@@T@">
 <tuple id="@T@"><status><gp:geopriv>
  <gp:location-info>
   <gs:Circle srsName="urn:ogc:def:crs:EPSG::4326"><gml:pos>52.5 13.4</gml:pos>
    <gs:radius uom="urn:ogc:def:uom:EPSG::9001">30</gs:radius></gs:Circle>
   <cl:civicAddress><cl:country>DE</cl:country><cl:A3>Berlin</cl:A3></cl:civicAddress>
   <odd xmlns="urn:@T@">@T@</odd>
  </gp:location-info>
  <gp:usage-rules/><gp:method>GPS</gp:method><gp:provided-by>@T@</gp:provided-by>
 </gp:geopriv></status></tuple>
</presence>
"""
REGINFO = """\
<reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="1" state="full">
 <registration aor="sip:100@@T@" id="@T@" state="active">
  <contact id="@T@" state="active" event="registered" expires="60" callid="@T@" cseq="4">
   <uri>sip:100@@T@:5060;line=@T@</uri><display-name>Bob</display-name>
   <unknown-param name="+sip.instance">"@T@"</unknown-param></contact>
 </registration>
</reginfo>
"""
WATCHERS = """\
<watcherinfo xmlns="urn:ietf:params:xml:ns:watcherinfo" version="0" state="full">
 <watcher-list resource="sip:100@@T@" package="presence">
  <watcher id="@T@" status="active" event="approved" expiration="60">sip:200@@T@</watcher>
  <watcher id="@T@" status="@T@" event="@T@">mailto:@T@</watcher>
 </watcher-list>
</watcherinfo>
"""
RESOURCES = """\
<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists">
 <list name="Team"><entry uri="sip:100@@T@"><display-name>Bob</display-name></entry>
  <list><entry uri="sip:@T@"/><external anchor="http://@T@/x"/><entry-ref ref="@T@"/></list></list>
</resource-lists>
"""
RLMI = """\
<list xmlns="urn:ietf:params:xml:ns:rlmi" uri="sip:team@@T@" version="1" fullState="true"
  cid="top@@T@">
 <name>Team</name>
 <resource uri="sip:100@@T@"><name>Bob</name>
  <instance id="@T@" state="active" cid="one@@T@"/></resource>
</list>
"""
CONFERENCE = """\
<conference-info xmlns="urn:ietf:params:xml:ns:conference-info" entity="sips:room@@T@"
  state="full" version="1">
 <conference-description><subject>Plans</subject><conf-uris><entry><uri>tel:+4930</uri></entry>
  <entry><uri>http://@T@/</uri><purpose>streaming</purpose></entry></conf-uris>
 </conference-description>
 <host-info><web-page>http://@T@</web-page></host-info>
 <conference-state><user-count>2</user-count></conference-state>
 <users><user entity="sip:bob@@T@" state="full"><display-text>Bob</display-text>
  <endpoint entity="sip:bob@@T@:5066"><status>connected</status>
   <media id="1"><type>audio</type><label>4</label><status>sendrecv</status></media>
   <call-info><sip><call-id>@T@</call-id><from-tag>@T@</from-tag></sip></call-info>
  </endpoint></user></users>
 <sidebars-by-ref><entry><uri>sip:@T@</uri></entry></sidebars-by-ref>
</conference-info>
"""
WRITING = """\
<isComposing xmlns="urn:ietf:params:xml:ns:im-iscomposing"><state>active</state>
 <contenttype>@T@</contenttype><refresh>60</refresh><x xmlns="urn:x">@T@</x></isComposing>
"""
SUMMARY = (
    "Messages-Waiting: yes\r\nMessage-Account: sip:100@@T@;x=@T@\r\nVoice-Message: 2/8 (0/2)\r\n"
    "X-Where: @T@\r\n@T@: 1/2\r\n\r\nTo: <sip:100@@T@>\r\nMessage-ID: 1@@T@\r\n"
)

ALL: Mapping[str, str] = {
    "application/conference-info+xml": CONFERENCE,
    "application/dialog-info+xml": DIALOG_INFO,
    "application/im-iscomposing+xml": WRITING,
    "application/pidf+xml": PIDF,
    "application/reginfo+xml": REGINFO,
    "application/resource-lists+xml": RESOURCES,
    "application/rlmi+xml": RLMI,
    "application/simple-message-summary": SUMMARY,
    "application/watcherinfo+xml": WATCHERS,
}
"""By type; `@T@` stands where an address or a name of one side may be."""


def filled(text: str, token: str) -> str:
    return text.replace("@@T@", f"@{token}").replace("@T@", token)
