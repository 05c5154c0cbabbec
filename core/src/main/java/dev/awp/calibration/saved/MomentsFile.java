// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration.saved;

import dev.awp.model.InputSite;
import dev.awp.safetensors.SafetensorsFile;
import dev.awp.stored.TensorSpec;
import dev.awp.tensor.DType;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;

/**
 * What a file of moments holds: for every input site
 *
 * <pre>
 * SITE          F64 [dIn (dIn + 1) / 2]: sum_i w_i x_i x_i^T, the lower triangle row after row
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

  static Path in(Path folder) {
    return folder.resolve(SafetensorsFile.SINGLE);
  }

  static String name(int block, InputSite site) {
    String part = site.part().name();
    return "block." + block + "." + part + (site.ofExpert() ? "." + site.expert() : "");
  }

  static String weight(String site) {
    return site + ".weight";
  }

  static String count(String site) {
    return site + ".count";
  }

  /**
   * The tensors of a site.
   *
   * @param elements of its triangle
   */
  static List<TensorSpec> tensors(String site, long elements) {
    return List.of(
        new TensorSpec(site, DType.F64, List.of(elements)),
        new TensorSpec(weight(site), DType.F64, List.of(1L)),
        new TensorSpec(count(site), DType.I64, List.of(2L)));
  }
}
