// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report;

import dev.awp.disk.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The checksum of report.json in its own last line: the SHA-256 of all bytes of the file, with
 * zeros for the digits of the sum itself.
 */
public final class ReportSeal {
  /** The last key of report.json. */
  public static final String KEY = "reportSha256";

  private static final String ZEROS = "0".repeat(64);
  private static final Pattern LAST =
      Pattern.compile("\"" + KEY + "\" : \"([0-9a-f]{64})\"\\s*}\\s*$");

  private ReportSeal() {}

  /** An object as indented JSON, with the sum of it. */
  public static String seal(String json) {
    String open = json.substring(0, json.lastIndexOf('}')).stripTrailing();
    String zeroed = "%s,\n  \"%s\" : \"%s\"\n}".formatted(open, KEY, ZEROS);
    int at = zeroed.lastIndexOf(ZEROS);
    return zeroed.substring(0, at) + sum(zeroed) + zeroed.substring(at + ZEROS.length());
  }

  /** Whether these are the bytes that were sealed. */
  public static boolean isWhole(byte[] file) {
    String text = new String(file, StandardCharsets.ISO_8859_1); // bytes as they are
    Matcher last = LAST.matcher(text);
    if (!last.find()) {
      return false;
    }
    String zeroed = text.substring(0, last.start(1)) + ZEROS + text.substring(last.end(1));
    return Sha256.of(zeroed.getBytes(StandardCharsets.ISO_8859_1)).equals(last.group(1));
  }

  private static String sum(String text) {
    return Sha256.of(text.getBytes(StandardCharsets.UTF_8));
  }
}
