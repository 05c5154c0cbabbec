// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration.saved;

import dev.awp.AwpException;
import dev.awp.calibration.SecondMoment;
import dev.awp.calibration.saved.MomentsManifest.Kind;
import dev.awp.model.InputSite;
import dev.awp.stored.TensorSpec;
import dev.awp.tensor.DType;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;

/**
 * What the file of a block's moments holds: for every input site
 *
 * <pre>
 * SITE          F64 [dIn (dIn + 1) / 2]: sum_i w_i x_i x_i^T, the lower triangle row after row;
 *               of diagonals F64 [dIn]
 * SITE.weight   F64 [1]: sum_i w_i
 * SITE.count    I64 [2]: tokens of a weight above 0, and 1 where they are all tokens, though the
 *               site is of an expert that few were routed to
 * </pre>
 *
 * <p>Sums, and not means, so that files of disjoint windows merge by addition. D and R have no
 * place in it: a dense model's inputs have not drifted.
 */
final class MomentsFile {
  static final ValueLayout.OfLong COUNT =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  static final ValueLayout.OfDouble SUM =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private MomentsFile() {}

  /** The file of a block; the head's is the one behind the last. */
  static String of(int block) {
    return String.format(Locale.ROOT, "block-%05d.safetensors", block);
  }

  static boolean isName(String file) {
    return file.matches("block-\\d{5,9}\\.safetensors");
  }

  static String name(int block, InputSite site) {
    String part = site.part().name();
    return "block." + block + "." + part + (site.ofExpert() ? "." + site.expert() : "");
  }

  /** The block of a site by its name. */
  static int block(String site) {
    String[] words = site.split("\\.", 3);
    try {
      return Integer.parseInt(words[1]);
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
      throw new AwpException(site + ": is no name of a site", e);
    }
  }

  static String weight(String site) {
    return site + ".weight";
  }

  static String count(String site) {
    return site + ".count";
  }

  /** Numbers of a site's sums. */
  static long elements(Kind kind, int columns) {
    return kind == Kind.TRIANGLES ? SecondMoment.rowStart(columns) : columns;
  }

  /** The tensors of sites, by their names and columns. */
  static List<TensorSpec> tensors(Kind kind, SortedMap<String, Integer> columns) {
    return columns.entrySet().stream()
        .flatMap(site -> tensors(site.getKey(), elements(kind, site.getValue())).stream())
        .toList();
  }

  private static List<TensorSpec> tensors(String site, long elements) {
    return List.of(
        new TensorSpec(site, DType.F64, List.of(elements)),
        new TensorSpec(weight(site), DType.F64, List.of(1L)),
        new TensorSpec(count(site), DType.I64, List.of(2L)));
  }

  /** Bytes of their data. */
  static long bytes(Kind kind, SortedMap<String, Integer> columns) {
    return tensors(kind, columns).stream().mapToLong(TensorSpec::byteSize).sum();
  }
}
