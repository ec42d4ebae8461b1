// Loaded into kinesis-local before its own code: it listens on the loopback interface alone, on
// ports that the kernel picks, and prints them, none of which it has a setting for.
// The port that it is configured with only tells its two servers apart: 1 is HTTP, 2 is HTTPS.
const net = require("node:net");

const SCHEMES = { 1: "http", 2: "https" };
const listen = net.Server.prototype.listen;

net.Server.prototype.listen = function (configured, whenListening) {
  const scheme = SCHEMES[configured];
  if (scheme === undefined) {
    throw new Error(`kinesis-local listens in an unknown way: listen(${configured})`);
  }
  this.once("listening", () => {
    console.log(`listening at ${scheme}://127.0.0.1:${this.address().port}`);
  });
  return listen.call(this, { port: 0, host: "127.0.0.1" }, whenListening);
};
