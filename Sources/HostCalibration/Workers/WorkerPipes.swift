internal import Foundation

/// A rank's own side of its pipes: its request comes on standard input, what it says goes to standard output.
public enum RankInput {
  /// Prepares the process for a parent that decides about its end.
  public static func prepare() {
    // A terminal's Ctrl-C reaches the whole group; the parent decides what it means.
    signal(SIGINT, SIG_IGN)
    signal(SIGTERM, SIG_DFL)
    signal(SIGPIPE, SIG_DFL)
  }

  /// The next line of standard input; nil at its end.
  public static func line() -> String? { readLine() }

  /// Works on a thread of its own while this one waits for the end of the input, which ends the process.
  ///
  /// A parent that is killed closes the input, so it leaves no process behind, whatever is being computed. The new thread is
  /// on the core of the calling one.
  public static func serve(_ work: sending @escaping () -> Void) -> Never {
    nonisolated(unsafe) let work = work
    Thread { work() }.start()
    while readLine() != nil {}
    exit(0)
  }

  /// Writes a line; ends the process where nobody listens any more.
  public static func send(_ line: String) {
    var bytes = Array((line + "\n").utf8)
    while !bytes.isEmpty {
      let written = write(STDOUT_FILENO, bytes, bytes.count)
      if written < 0 {
        if errno == EINTR { continue }
        exit(0)
      }
      bytes.removeFirst(written)
    }
  }
}
