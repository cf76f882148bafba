internal import Foundation

/// A worker's own side of its pipes: requests come on standard input, what it says goes to standard output.
public enum WorkerPipes {
  /// Prepares the process for a parent that decides about its end.
  public static func prepare() {
    // A terminal's Ctrl-C reaches the whole group; the parent decides what it means.
    signal(SIGINT, SIG_IGN)
    signal(SIGTERM, SIG_DFL)
    signal(SIGPIPE, SIG_DFL)
  }

  /// The next line of standard input; nil at its end.
  public static func line() -> String? { readLine() }

  /// Works on a thread of its own while this one gives each line of the input to `receive`; its end ends the process.
  ///
  /// A parent that is killed closes the input, so it leaves no process behind, whatever is being computed. The new thread is
  /// on the core of the calling one.
  public static func serve(_ work: sending @escaping () -> Void, receive: (String) -> Void = { _ in }) -> Never {
    nonisolated(unsafe) let work = work
    Thread { work() }.start()
    while let line = readLine() { receive(line) }
    exit(0)
  }

  /// Writes a line; ends the process where nobody reads any more.
  public static func send(_ line: String) {
    if !write(line + "\n", to: STDOUT_FILENO) { exit(0) }
  }

  /// Writes all of a text; false when nobody reads it.
  static func write(_ text: String, to descriptor: Int32) -> Bool {
    var bytes = Array(text.utf8)
    while !bytes.isEmpty {
      let count = Glibc.write(descriptor, bytes, bytes.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      bytes.removeFirst(count)
    }
    return true
  }
}
