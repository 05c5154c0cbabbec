// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.ffm;

import dev.awp.blas.BlasProvider.UnavailableException;
import dev.awp.blas.mixed.Bf16Products;
import dev.awp.blas.mixed.Bf16Provider;
import dev.awp.ffm.DnnlLibrary.Instructions;
import dev.awp.kernel.Kernels;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** oneDNN, where the processor multiplies bfloat16. */
public final class DnnlProvider implements Bf16Provider {
  /** Linux's description of the processor. */
  private static final Path PROCESSOR = Path.of("/proc/cpuinfo");

  @Override
  public Bf16Products load(Kernels kernels) throws UnavailableException {
    // The library has 90 MB, which a processor without these instructions need not wait for.
    if (!mayMultiply(PROCESSOR)) {
      throw noInstructions();
    }
    Dnnl dnnl = Dnnl.load(kernels);
    if (dnnl.instructions() == Instructions.NONE) {
      throw noInstructions();
    }
    return dnnl;
  }

  private static UnavailableException noInstructions() {
    return new UnavailableException(
        "this processor multiplies bfloat16 neither by AVX512-BF16 nor by AMX");
  }

  /**
   * Whether Linux names one of the two instruction sets; where that cannot be read, oneDNN knows.
   */
  static boolean mayMultiply(Path description) {
    try {
      String text = Files.readString(description, StandardCharsets.ISO_8859_1);
      return text.contains("avx512_bf16") || text.contains("amx_bf16");
    } catch (IOException e) {
      return true;
    }
  }
}
