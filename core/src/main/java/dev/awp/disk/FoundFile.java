// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.disk;

import dev.awp.AwpException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What lies under a name where a file is expected, for messages. Downloads leave other things than
 * the file that was meant: pointers, error pages, pieces.
 */
public final class FoundFile {
  /** Enough to tell every kind, and to quote a short answer of a server. */
  private static final int LOOKED_AT = 512;

  /** Longest text that is quoted. */
  private static final int QUOTED = 80;

  private static final String LATIN = "[\\p{Print}\\s]*";

  private static final String GZIP = "gzip data";
  private static final String ZSTANDARD = "Zstandard data";

  /** First bytes, as Latin-1, and what begins with them. */
  private static final Map<String, String> MAGIC =
      Map.of(
          "PK\u0003\u0004", "a zip archive, as torch.save writes one (a PyTorch pickle)",
          "\u0080\u0002", "a Python pickle (a PyTorch file)",
          "\u0080\u0003", "a Python pickle",
          "\u0080\u0004", "a Python pickle",
          "\u0080\u0005", "a Python pickle",
          "\u001f\u008b", GZIP,
          "GGUF", "a GGUF file",
          "\u0089HDF", "an HDF5 file",
          "\u0093NUMPY", "a NumPy file",
          "(\u00b5/\u00fd", ZSTANDARD);

  private static final Set<String> PACKED = Set.of(GZIP, ZSTANDARD);

  private FoundFile() {}

  /**
   * Refuses what is no file with content of its own: nothing, a folder, a loop of links, a FIFO, a
   * device. None of them is opened, so that nothing hangs.
   *
   * @throws AwpException that says what is there
   */
  public static void check(Path file) {
    try {
      BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
      if (found.isDirectory()) {
        throw new AwpException(file + ": is a folder where a file is expected");
      }
      if (found.isOther()) {
        throw new AwpException("%s: is %s where a file is expected".formatted(file, special(file)));
      }
    } catch (NoSuchFileException e) {
      String rule =
          Files.isSymbolicLink(file)
              ? "is a link to a file that is not there"
              : "the file is missing";
      throw new AwpException(file + ": " + rule, e);
    } catch (IOException e) {
      String rule =
          Files.isSymbolicLink(file)
              ? "is a link that leads to no file, such as a loop of links"
              : "cannot be read: " + e.getMessage();
      throw new AwpException(file + ": " + rule, e);
    }
  }

  /** As {@link #check}, where there is anything under that name, a broken link included. */
  public static void checkIfThere(Path file) {
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      check(file);
    }
  }

  private static String special(Path file) throws IOException {
    if (!file.getFileSystem().supportedFileAttributeViews().contains("unix")) {
      return "no regular file";
    }
    int mode = (Integer) Files.getAttribute(file, "unix:mode");
    return switch (mode & 0xf000) {
      case 0x1000 -> "a FIFO";
      case 0x2000, 0x6000 -> "a device";
      case 0xc000 -> "a socket";
      default -> "no regular file";
    };
  }

  /**
   * What a file is, in a few words with an article, where it is one of the things that take the
   * place of others; empty for all else. Only the first bytes are looked at.
   *
   * @param file has passed {@link #check}
   * @throws AwpException where it cannot be read
   */
  public static Optional<String> kind(Path file) {
    byte[] begin = begin(file);
    return kind(begin)
        .or(() -> page(new String(begin, StandardCharsets.UTF_8).replace("\ufeff", "").strip()));
  }

  /**
   * As {@link #kind}, for a file that may be a text of any kind, a page of markup or packed: what
   * is a text or can be unpacked to one is none of the things.
   *
   * @param file has passed {@link #check}
   * @throws AwpException where it cannot be read
   */
  public static Optional<String> kindOfNoText(Path file) {
    byte[] begin = begin(file);
    return begin.length == 0
        ? Optional.empty()
        : kind(begin).filter(kind -> !PACKED.contains(kind));
  }

  private static byte[] begin(Path file) {
    try (InputStream content = Files.newInputStream(file)) {
      return content.readNBytes(LOOKED_AT);
    } catch (IOException e) {
      throw new AwpException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static Optional<String> kind(byte[] begin) {
    String bytes = new String(begin, StandardCharsets.ISO_8859_1);
    if (bytes.isEmpty()) {
      return Optional.of("an empty file");
    }
    if (bytes.startsWith("version https://git-lfs")
        || bytes.startsWith("version http://git-media")) {
      return Optional.of("a Git LFS pointer ('git lfs pull' fetches the file that it stands for)");
    }
    if (bytes.startsWith("/annex/objects/") || bytes.contains(".git/annex/objects/")) {
      return Optional.of("a git-annex pointer ('git annex get' fetches the file)");
    }
    Optional<String> magic =
        MAGIC.entrySet().stream()
            .filter(entry -> bytes.startsWith(entry.getKey()))
            .map(Map.Entry::getValue)
            .findFirst();
    if (magic.isPresent()) {
      return magic;
    }
    if (bytes.chars().allMatch(c -> c == 0)) {
      return Optional.of("zeros where its content should begin, as broken downloads leave them");
    }
    return Optional.empty();
  }

  private static Optional<String> page(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    if (lower.startsWith("<!doctype html")
        || lower.startsWith("<html")
        || lower.startsWith("<head")) {
      return Optional.of("an HTML page, such as a server sends in place of a file");
    }
    if (lower.startsWith("<?xml") || lower.startsWith("<error")) {
      return Optional.of("an XML text, such as a server sends in place of a file");
    }
    return Optional.empty();
  }

  /**
   * As {@link #kind}, and any text besides: for a file that has to be binary.
   *
   * @param file has passed {@link #check}
   */
  public static Optional<String> kindOfBinary(Path file) {
    Optional<String> known = kind(file);
    if (known.isPresent()) {
      return known;
    }
    try (InputStream content = Files.newInputStream(file)) {
      String text = new String(content.readNBytes(LOOKED_AT), StandardCharsets.UTF_8);
      if (!text.matches(LATIN) || text.isBlank()) {
        return Optional.empty();
      }
      String line = text.strip().replaceAll("\\s+", " ");
      String quoted = line.length() > QUOTED ? line.substring(0, QUOTED) + " ..." : line;
      return Optional.of((line.startsWith("{") ? "JSON text: " : "a text: ") + quoted);
    } catch (IOException e) {
      throw new AwpException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }
}
