// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.file;

import com.github.luben.zstd.ZstdInputStream;
import dev.awp.AwpException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.zip.GZIPInputStream;

/**
 * A text file, open for reading as often as it is wanted: what packs it and how its characters are
 * encoded is seen by its first bytes.
 */
public final class TextContent {
  /** Characters that are looked at to see what kind of text it is. */
  private static final int HEAD = 1 << 16;

  private static final int BUFFER = 1 << 16;

  /** A tar archive says so here. */
  private static final int TAR = 257;

  private static final Map<String, String> NO_TEXT =
      Map.of(
          "PAR1", "a Parquet file",
          "ARROW1", "an Arrow file (save it as Parquet or JSON lines)",
          "FEA1", "a Feather file (save it as Parquet or JSON lines)",
          "Obj\u0001", "an Avro file (save it as Parquet or JSON lines)",
          "ORC", "an ORC file (save it as Parquet or JSON lines)",
          "SQLite format 3", "an SQLite database",
          "%PDF-", "a PDF file",
          "BZh", "bzip2 data (awp reads .gz and .zst)",
          "\u00fd7zXZ", "xz data (awp reads .gz and .zst)",
          "7z\u00bc\u00af", "a 7z archive");

  /** What a file is packed with. */
  private enum Packing {
    NONE(""),
    GZIP("gzip"),
    ZSTD("zstd");

    private final String words;

    Packing(String words) {
      this.words = words;
    }
  }

  private final Path file;
  private final Packing packing;
  private final boolean parquet;
  private final TextEncoding encoding;
  private final String head;

  private TextContent(
      Path file, Packing packing, boolean parquet, TextEncoding encoding, String head) {
    this.file = file;
    this.packing = packing;
    this.parquet = parquet;
    this.encoding = encoding;
    this.head = head;
  }

  /**
   * Looks at a file.
   *
   * @throws AwpException where it cannot be read, or holds no text
   */
  public static TextContent of(Path file) {
    TextFiles.check(file);
    byte[] begin = begin(file, Packing.NONE);
    if (startsWith(begin, "PAR1")) {
      return new TextContent(file, Packing.NONE, true, TextEncoding.UTF_8, "");
    }
    Packing packing =
        startsWith(begin, "\u001f\u008b")
            ? Packing.GZIP
            : startsWith(begin, "(\u00b5/\u00fd") ? Packing.ZSTD : Packing.NONE;
    byte[] unpacked = packing == Packing.NONE ? begin : begin(file, packing);
    refuseBinary(file, packing, unpacked);
    TextEncoding encoding = TextEncoding.of(unpacked);
    TextContent nothingRead = new TextContent(file, packing, false, encoding, "");
    return new TextContent(file, packing, false, encoding, nothingRead.readHead());
  }

  private static byte[] begin(Path file, Packing packing) {
    try (InputStream bytes = unpacked(file, packing)) {
      return bytes.readNBytes(BUFFER);
    } catch (IOException e) {
      throw unreadable(file, packing, e);
    }
  }

  private static boolean startsWith(byte[] begin, String magic) {
    byte[] bytes = magic.getBytes(StandardCharsets.ISO_8859_1);
    return begin.length >= bytes.length
        && Arrays.equals(begin, 0, bytes.length, bytes, 0, bytes.length);
  }

  private static void refuseBinary(Path file, Packing packing, byte[] begin) {
    String inside = packing == Packing.NONE ? "" : "the " + packing.words + " data hold ";
    NO_TEXT.forEach(
        (magic, kind) -> {
          if (startsWith(begin, magic)) {
            throw new AwpException(
                "%s: %s%s, which is no text"
                    .formatted(file, inside.isEmpty() ? "is " : inside, kind));
          }
        });
    if (begin.length > TAR + 5
        && new String(begin, TAR, 5, StandardCharsets.ISO_8859_1).equals("ustar")) {
      throw new AwpException(
          "%s: %sa tar archive, which is no text: unpack it"
              .formatted(file, inside.isEmpty() ? "is " : inside));
    }
    if (TextEncoding.of(begin) == TextEncoding.UTF_8) {
      for (int i = 0; i < begin.length; i++) {
        if (begin[i] == 0) {
          throw new AwpException(
              "%s: byte %s is zero: it is no text, or UTF-16 without a byte order mark"
                  .formatted(file, i));
        }
      }
    }
  }

  private static InputStream unpacked(Path file, Packing packing) throws IOException {
    InputStream bytes = Files.newInputStream(file);
    try {
      return switch (packing) {
        case NONE -> bytes;
        case GZIP -> new GZIPInputStream(bytes, BUFFER);
        case ZSTD -> new ZstdInputStream(new BufferedInputStream(bytes, BUFFER)).setLongMax(31);
      };
    } catch (IOException | RuntimeException | Error e) {
      bytes.close();
      throw e;
    }
  }

  private String readHead() {
    try (Reader reader = open()) {
      // One more than wanted: the last character may be two chars.
      char[] characters = new char[HEAD + 1];
      int count = 0;
      for (int read = 0; count < HEAD && read >= 0; count += Math.max(0, read)) {
        read = reader.read(characters, count, characters.length - count);
      }
      return new String(characters, 0, count);
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  public Path file() {
    return file;
  }

  /** Whether it is a Parquet file, which has no characters to read. */
  public boolean isParquet() {
    return parquet;
  }

  /** The first characters: all where there are few. */
  public String head() {
    return head;
  }

  /** Whether {@link #head} is all there is. */
  public boolean isShort() {
    return head.length() < HEAD;
  }

  /** What the file is besides its kind, in words that follow the kind's; often empty. */
  public String words() {
    String encoded = encoding == TextEncoding.UTF_8 ? "" : ", " + encoding.words();
    return encoded + (packing == Packing.NONE ? "" : ", " + packing.words);
  }

  /**
   * All characters from the first one, without a byte order mark. Reading throws AwpException with
   * the offset where they are not in their encoding.
   */
  public Reader open() {
    try {
      return new StrictReader(file, unpacked(file, packing), encoding);
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  /** What to throw for a file that cannot be read to its end. */
  public AwpException unreadable(IOException e) {
    return unreadable(file, packing, e);
  }

  private static AwpException unreadable(Path file, Packing packing, IOException e) {
    String what = packing == Packing.NONE ? "" : "the %s data: ".formatted(packing.words);
    return new AwpException("%s: cannot be read: %s%s".formatted(file, what, e.getMessage()), e);
  }
}
