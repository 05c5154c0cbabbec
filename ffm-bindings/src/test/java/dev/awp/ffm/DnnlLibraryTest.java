// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.ffm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.blas.BlasProvider.UnavailableException;
import dev.awp.blas.Precision;
import dev.awp.blas.mixed.Bf16Products;
import dev.awp.compute.KernelProvider;
import dev.awp.ffm.DnnlLibrary.Instructions;
import dev.awp.ffm.dnnl.DnnlHeader;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DnnlLibraryTest {
  @TempDir private Path folder;

  @Test
  void instructionsAreReadFromTheBits() {
    assertEquals(Instructions.NONE, Instructions.of(DnnlHeader.dnnl_cpu_isa_avx512_core()));
    assertEquals(
        Instructions.AVX512_BF16, Instructions.of(DnnlHeader.dnnl_cpu_isa_avx512_core_bf16()));
    assertEquals(Instructions.AMX, Instructions.of(DnnlHeader.dnnl_cpu_isa_avx512_core_amx()));
    assertEquals(Instructions.NONE, Instructions.of(0));
  }

  @Test
  void linuxTellsWhetherTheLibraryIsWorthLoading() throws IOException {
    Path file = folder.resolve("cpuinfo");
    Files.writeString(file, "flags : avx512f avx512_vnni\n");
    assertFalse(DnnlProvider.mayMultiply(file));
    Files.writeString(file, "flags : avx512f avx512_bf16\n");
    assertTrue(DnnlProvider.mayMultiply(file));
    Files.writeString(file, "flags : amx_bf16 amx_tile\n");
    assertTrue(DnnlProvider.mayMultiply(file));
    assertTrue(DnnlProvider.mayMultiply(folder.resolve("none")));
  }

  /**
   * Where the processor has the instructions, they are offered; else the reason is one sentence.
   */
  @Test
  void theProviderOffersWhatTheProcessorHas() throws UnavailableException {
    Bf16Products products;
    try {
      products = new DnnlProvider().load(KernelProvider.kernels());
    } catch (UnavailableException e) {
      assertTrue(
          e.getMessage().startsWith("this processor multiplies bfloat16 neither")
              || e.getMessage().startsWith("no oneDNN for"),
          e.getMessage());
      return;
    }
    assertTrue(products.name().matches("oneDNN [0-9.]+ (amx|avx512_bf16)"), products.name());
    assertEquals(Precision.BF16, products.faster().getFirst());
    assertEquals(products.name().endsWith("amx"), products.faster().contains(Precision.BF16X3));
  }

  @Test
  void aFileThatIsNotThereIsNamed() {
    Path missing = folder.resolve("libdnnl.so");
    System.setProperty("awp.dnnl", missing.toString());
    try {
      assertEquals(
          "-Dawp.dnnl names " + missing + ", which is not a file",
          assertThrows(UnavailableException.class, DnnlLibrary::load).getMessage());
    } finally {
      System.clearProperty("awp.dnnl");
    }
  }

  @Test
  void everySymbolOfTheBindingsIsCheckedFor() {
    Set<String> bound =
        Stream.of(DnnlHeader.class.getMethods())
            .map(Method::getName)
            .filter(name -> name.endsWith("$handle"))
            .map(name -> name.substring(0, name.length() - "$handle".length()))
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(bound, new TreeSet<>(DnnlLibrary.SYMBOLS));
  }

  @Test
  void whatThePlatformsJarHoldsIsLoadedInOrder() {
    Bundle bundle = Bundle.of("dnnl", Platform.LINUX_X86_64).orElseThrow();
    assertEquals(
        List.of("libgomp.so.1", "libdnnl.so.3"),
        bundle.libraries().stream().map(Bundle.Library::file).toList());
    assertTrue(Bundle.of("dnnl", Platform.MACOSX_ARM64).isEmpty());
  }
}
