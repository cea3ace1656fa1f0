"""Session descriptions as real endpoints write them, with made-up names and addresses."""


def sdp(*lines: str, ip: str = "10.0.0.7") -> bytes:
    """A description with the usual head; each argument is a line, from the first m= on."""
    head = ("v=0", f"o=alice 53655765 2353687637 IN IP4 {ip}", "s=-", f"c=IN IP4 {ip}", "t=0 0")
    return "".join(f"{line}\r\n" for line in (*head, *lines)).encode("utf-8", "surrogateescape")


BARESIP = b"""v=0\r
o=- 3912345678 1923456789 IN IP4 10.0.0.7\r
s=-\r
c=IN IP4 10.0.0.7\r
t=0 0\r
a=tool:baresip 3.5.1\r
m=audio 24596 RTP/AVP 96 8 0 101\r
b=AS:125\r
a=rtpmap:96 opus/48000/2\r
a=fmtp:96 stereo=1;sprop-stereo=1\r
a=rtpmap:8 PCMA/8000\r
a=rtpmap:0 PCMU/8000\r
a=rtpmap:101 telephone-event/8000\r
a=fmtp:101 0-15\r
a=rtcp:24597\r
a=sendrecv\r
a=label:1\r
a=ptime:20\r
"""

CISCO = b"""v=0\r
o=CiscoSystemsSIP-GW-UserAgent 1901 5508 IN IP4 10.20.1.2\r
s=SIP Call\r
c=IN IP4 10.20.1.2\r
b=AS:384\r
t=0 0\r
m=audio 17384 RTP/AVP 18 8 0 101\r
c=IN IP4 10.20.1.3\r
a=rtpmap:18 G729/8000\r
a=fmtp:18 annexb=no\r
a=rtpmap:8 PCMA/8000\r
a=rtpmap:101 telephone-event/8000\r
a=fmtp:101 0-16\r
a=silenceSupp:off - - - -\r
a=ptime:20\r
m=video 17386 RTP/AVP 97 126\r
c=IN IP4 10.20.1.3\r
b=TIAS:384000\r
a=rtpmap:97 H264/90000\r
a=fmtp:97 profile-level-id=42801E;packetization-mode=0;max-mbps=40500\r
a=rtpmap:126 H264/90000\r
a=fmtp:126 profile-level-id=42801E;packetization-mode=1\r
a=rtcp-fb:* nack pli\r
a=rtcp-fb:* ccm tmmbr\r
a=content:main\r
a=label:11\r
a=recvonly\r
m=application 17388 UDP/BFCP *\r
a=confid:1\r
a=userid:28\r
a=floorctrl:c-s\r
m=image 17390 udptl t38\r
a=T38FaxVersion:0\r
"""

_CHROME_HEAD = """v=0
o=- 4611732912637484312 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1 2
a=extmap-allow-mixed
a=msid-semantic: WMS stream0
"""

_CHROME_ICE = """a=candidate:1467250027 1 udp 2122260223 192.168.0.196 46243 typ host generation 0
a=candidate:435653019 1 tcp 1518280447 192.168.0.196 9 typ host tcptype active generation 0
a=candidate:1853887674 1 udp 1686052607 203.0.113.77 36768 typ srflx raddr 192.168.0.196 rport 46243
a=ice-ufrag:4ZcD
a=ice-pwd:2/1muCWoOi3uLifh0NuRHlmx
a=ice-options:trickle
a=fingerprint:sha-256 19:E2:1C:3B:4B:9F:81:E6:B8:5C:F4:A5:A8:D8:73:04:BB:05:2F:70:9F:04:A9:0E:05:E9
a=setup:actpass
"""

_CHROME_AUDIO = """m=audio 36768 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126
c=IN IP4 203.0.113.77
a=rtcp:9 IN IP4 0.0.0.0
{ice}a=mid:0
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
a=sendrecv
a=msid:stream0 track0
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:111 opus/48000/2
a=rtcp-fb:111 transport-cc
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:63 red/48000/2
a=fmtp:63 111/111
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:13 CN/8000
a=rtpmap:110 telephone-event/48000
a=rtpmap:126 telephone-event/8000
a=ssrc:3570614608 cname:4TOk42mSjXCkVIa6
a=ssrc:3570614608 msid:stream0 track0
"""

_CHROME_VIDEO = """m=video 36768 UDP/TLS/RTP/SAVPF 96 97 102 103 98 99 116
c=IN IP4 203.0.113.77
a=rtcp:9 IN IP4 0.0.0.0
{ice}a=mid:1
a=extmap:14 urn:ietf:params:rtp-hdrext:toffset
a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
a=extmap:13 urn:3gpp:video-orientation
a=sendrecv
a=msid:stream0 track1
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:96 VP8/90000
a=rtcp-fb:96 goog-remb
a=rtcp-fb:96 transport-cc
a=rtcp-fb:96 ccm fir
a=rtcp-fb:96 nack
a=rtcp-fb:96 nack pli
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=rtpmap:102 H264/90000
a=rtcp-fb:102 goog-remb
a=rtcp-fb:102 ccm fir
a=rtcp-fb:102 nack
a=rtcp-fb:102 nack pli
a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f
a=rtpmap:103 rtx/90000
a=fmtp:103 apt=102
a=rtpmap:98 VP9/90000
a=rtcp-fb:98 goog-remb
a=rtcp-fb:98 nack pli
a=fmtp:98 profile-id=0
a=rtpmap:99 rtx/90000
a=fmtp:99 apt=98
a=rtpmap:116 ulpfec/90000
a=ssrc-group:FID 2231627014 632943048
a=ssrc:2231627014 cname:4TOk42mSjXCkVIa6
a=ssrc:632943048 cname:4TOk42mSjXCkVIa6
"""

_CHROME_DATA = """m=application 36768 UDP/DTLS/SCTP webrtc-datachannel
c=IN IP4 203.0.113.77
{ice}a=mid:2
a=sctp-port:5000
a=max-message-size:262144
"""

CHROME = (
    (_CHROME_HEAD + _CHROME_AUDIO + _CHROME_VIDEO + _CHROME_DATA)
    .format(ice=_CHROME_ICE)
    .replace("\n", "\r\n")
    .encode()
)

CHROME_WITHOUT_DTLS = CHROME.replace(b"UDP/TLS/RTP/SAVPF", b"RTP/AVPF")
"""As much to do as with the real one once DTLS is ended at the border."""

SAMPLES = {
    "baresip": BARESIP,
    "cisco": CISCO,
    "chrome": CHROME,
    "chrome-without-dtls": CHROME_WITHOUT_DTLS,
}
