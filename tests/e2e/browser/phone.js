// A phone in a page: JsSIP or SIP.js under the same few verbs. `window.phone` is told what to do by
// drive.mjs, and keeps what has happened in `events`.
import JsSIP from "jssip";
if (location.hash === "#debug") JsSIP.debug.enable("JsSIP:*");
import { Web } from "sip.js";

const events = [];
const say = (event) => events.push(event);

class WithJsSip {
  constructor({ uri, password, server }) {
    this.ua = new JsSIP.UA({
      uri,
      password,
      sockets: [new JsSIP.WebSocketInterface(server)],
      session_timers: false,
      register_expires: 120,
    });
    this.ua.on("connected", () => say("connected"));
    this.ua.on("registered", () => say("registered"));
    this.ua.on("registrationFailed", ({ cause }) => say(`registration failed: ${cause}`));
    this.ua.on("newRTCSession", ({ originator, session }) => this.begun(originator, session));
  }

  begun(originator, session) {
    this.session = session;
    say(originator === "remote" ? "ringing" : "calling");
    session.on("confirmed", () => say("confirmed"));
    session.on("hold", ({ originator: who }) => say(`hold ${who}`));
    session.on("unhold", ({ originator: who }) => say(`resume ${who}`));
    session.on("ended", ({ cause }) => say(`ended: ${cause}`));
    session.on("failed", ({ cause }) => say(`failed: ${cause}`));
    session.on("newDTMF", ({ originator: who, dtmf }) => say(`dtmf ${who} ${dtmf.tone}`));
  }

  start() {
    this.ua.start();
  }

  options(video) {
    return { mediaConstraints: { audio: true, video }, pcConfig: { iceServers: [] } };
  }

  call(target, video) {
    this.ua.call(target, this.options(video));
  }

  answer(video) {
    this.session.answer(this.options(video));
  }

  hold() {
    return this.done((then) => this.session.hold({}, then));
  }

  resume() {
    return this.done((then) => this.session.unhold({}, then));
  }

  restart() {
    return this.done((then) =>
      this.session.renegotiate({ rtcOfferConstraints: { iceRestart: true } }, then),
    );
  }

  done(begin) {
    return new Promise((then, fail) => {
      if (!begin(then)) fail(new Error("it cannot be done now"));
    });
  }

  dtmf(tones) {
    this.session.sendDTMF(tones, { transportType: "RFC2833", duration: 120, interToneGap: 80 });
  }

  hangUp() {
    this.session.terminate();
  }

  get connection() {
    return this.session.connection;
  }

  stop() {
    this.ua.stop();
  }
}

class WithSipJs {
  constructor({ uri, password, server }) {
    const [user] = uri.replace("sip:", "").split("@");
    this.user = new Web.SimpleUser(server, {
      aor: uri,
      media: { constraints: { audio: true, video: false }, remote: { audio: new Audio() } },
      userAgentOptions: {
        authorizationUsername: user,
        authorizationPassword: password,
        logBuiltinEnabled: false,
        sessionDescriptionHandlerFactoryOptions: {
          peerConnectionConfiguration: { iceServers: [] },
        },
      },
      delegate: {
        onRegistered: () => say("registered"),
        onCallReceived: () => say("ringing"),
        onCallAnswered: () => say("confirmed"),
        onCallHangup: () => say("ended: hang-up"),
        onCallHold: (held) => say(held ? "hold" : "resume"),
        onCallDTMFReceived: (tone) => say(`dtmf remote ${tone}`),
      },
    });
  }

  async start() {
    this.user.delegate.onServerConnect = () => say("connected");
    await this.user.connect();
    await this.user.register();
  }

  call(target) {
    return this.user.call(target);
  }

  answer() {
    return this.user.answer();
  }

  hold() {
    return this.user.hold();
  }

  resume() {
    return this.user.unhold();
  }

  dtmf(tones) {
    this.user.session.sessionDescriptionHandler.sendDtmf(tones, { duration: 120, interToneGap: 80 });
  }

  hangUp() {
    return this.user.hangup();
  }

  get connection() {
    return this.user.session.sessionDescriptionHandler.peerConnection;
  }

  stop() {
    return this.user.disconnect();
  }
}

let phone;

// What the browser itself counts: packets, seconds of sound by energy, frames of video.
async function heard() {
  const found = { audio: { packets: 0, energy: 0 }, video: { packets: 0, frames: 0 }, sent: 0 };
  for (const report of (await phone.connection.getStats()).values()) {
    if (report.type === "inbound-rtp" && report.kind === "audio") {
      found.audio.packets += report.packetsReceived;
      found.audio.energy += report.totalAudioEnergy ?? 0;
    } else if (report.type === "inbound-rtp" && report.kind === "video") {
      found.video.packets += report.packetsReceived;
      found.video.frames += report.framesDecoded ?? 0;
    } else if (report.type === "outbound-rtp") {
      found.sent += report.packetsSent;
    }
  }
  const { iceConnectionState: ice, connectionState: state } = phone.connection;
  return { ...found, ice, state };
}

window.phone = {
  events: () => events,
  begin: async (library, options) => {
    phone = library === "SIP.js" ? new WithSipJs(options) : new WithJsSip(options);
    await phone.start();
  },
  heard,
  holdNow: () => void phone.hold(),
  description: (which) => phone.connection[`${which}Description`]?.sdp,
};
for (const verb of ["call", "answer", "hold", "resume", "restart", "dtmf", "hangUp", "stop"])
  window.phone[verb] = (...given) => phone[verb](...given);
