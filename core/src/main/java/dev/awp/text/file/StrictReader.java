// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.file;

import dev.awp.AwpException;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.file.Path;
import java.util.Locale;

/** Characters of a stream of bytes, which must all be such, behind its byte order mark. */
final class StrictReader extends Reader {
  private static final int BUFFER = 1 << 16;

  private final Path file;
  private final InputStream bytes;
  private final String encoding;
  private final CharsetDecoder decoder;
  private final ByteBuffer in = ByteBuffer.allocate(BUFFER).flip();
  private final CharBuffer second = CharBuffer.allocate(2).flip();
  private boolean ended;

  /** Bytes before those in the buffer. */
  private long before;

  StrictReader(Path file, InputStream bytes, TextEncoding encoding) throws IOException {
    this.file = file;
    this.bytes = bytes;
    this.encoding = encoding.plainName();
    this.decoder =
        encoding
            .charset()
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    try {
      before = bytes.readNBytes(encoding.markLength()).length;
    } catch (IOException | RuntimeException | Error e) {
      bytes.close();
      throw e;
    }
  }

  @Override
  public int read(char[] characters, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (second.hasRemaining()) {
      characters[offset] = second.get();
      return 1;
    }
    CharBuffer out = CharBuffer.wrap(characters, offset, length);
    while (true) {
      CoderResult result = decoder.decode(in, out, ended);
      if (result.isError()) {
        throw malformed(result.length());
      }
      int read = out.position() - offset;
      if (read > 0) {
        return read;
      }
      if (result.isOverflow()) {
        // There is room for one, and the character is two.
        var _ = decoder.decode(in, second.clear(), ended);
        characters[offset] = second.flip().get();
        return 1;
      }
      if (ended) {
        return -1;
      }
      fill();
    }
  }

  private void fill() throws IOException {
    before += in.position();
    in.compact();
    int read = bytes.read(in.array(), in.position(), in.remaining());
    if (read < 0) {
      ended = true;
    } else {
      in.position(in.position() + read);
    }
    in.flip();
  }

  private AwpException malformed(int length) {
    StringBuilder values = new StringBuilder();
    for (int i = 0; i < length && in.remaining() > i; i++) {
      values.append(String.format(Locale.ROOT, " 0x%02X", in.get(in.position() + i)));
    }
    return new AwpException(
        "%s: the text is not %s: byte %s (%s)"
            .formatted(file, encoding, before + in.position(), values.toString().strip()));
  }

  @Override
  public void close() throws IOException {
    bytes.close();
  }
}
