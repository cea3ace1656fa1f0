"""The benchmark: our border beside its peers, under the same load, in the same run.

`python -m tools.bench` takes some twelve minutes, with `--quick` three; `--only PART` measures a
part.

* Peers: Debian's rtpengine in userspace, alone and behind Debian's Kamailio, and PyPI's `sippy`
  as a back-to-back user agent without media. One that is not there is left out, and the table
  says so.
* Everything lives on addresses of its own in 127.0.0.0/8. The subject has one core, the load has
  the other. Each round has every subject, one after another; a ratio is of figures of the same
  round, so that what disturbs the machine for a while disturbs both.
* Processor time is user and system time of all processes of a subject (/proc/PID/stat). Memory is
  their PSS, after the calls less before, by the number of calls; the kernel's part is the growth
  of its slabs, where sockets are, and of the whole machine: only good on a quiet one.
* A message: calls through the core alone, and what of it reading, describing and writing take.
* Calls: INVITE 100 180 200 ACK, half a second, BYE 200. "Without media" has descriptions without
  a media line; "anchored" has one audio stream, for which ports are opened and closed, and which
  stays silent; "anchored, N packets" plays some G.711 each way, so that sources are found and
  flows made.
* Packets: 200 streams of 100 calls, paced evenly. Delay is from just before a packet is sent to
  the time at which the kernel had it for the other end, less the same without a relay in between.
* TURN: beside Debian's coturn. 100 clients with an allocation, a channel and two streams each;
  and allocations one after the other, each with its challenge.
* Overload: 500 streams. What a relay carries is the highest of some rates, in bursts of four
  packets, of which 1 % at most is lost; a fresh one then gets twice that for three seconds.
"""
