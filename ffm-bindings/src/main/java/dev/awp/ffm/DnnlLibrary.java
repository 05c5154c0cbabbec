// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.ffm;

import dev.awp.blas.BlasProvider.UnavailableException;
import dev.awp.ffm.dnnl.DnnlHeader;
import dev.awp.ffm.dnnl.dnnl_version_t;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The oneDNN that this process has loaded, and the OpenMP runtime before it.
 *
 * @param file as given to the operating system's loader
 * @param version such as "3.13.0"
 * @param instructions what it may use of this processor
 */
record DnnlLibrary(Path file, String version, Instructions instructions) {
  /**
   * Everything that the generated bindings look up; checked before the library counts as usable.
   */
  static final List<String> SYMBOLS =
      List.of(
          "dnnl_version",
          "dnnl_get_effective_cpu_isa",
          "dnnl_engine_create",
          "dnnl_stream_create",
          "dnnl_stream_destroy",
          "dnnl_stream_wait",
          "dnnl_memory_desc_create_submemory",
          "dnnl_memory_desc_create_with_strides",
          "dnnl_memory_desc_create_with_tag",
          "dnnl_memory_desc_destroy",
          "dnnl_memory_desc_get_size",
          "dnnl_post_ops_create",
          "dnnl_post_ops_destroy",
          "dnnl_post_ops_append_sum",
          "dnnl_primitive_attr_create",
          "dnnl_primitive_attr_destroy",
          "dnnl_primitive_attr_set_post_ops",
          "dnnl_primitive_attr_set_scratchpad_mode",
          "dnnl_matmul_primitive_desc_create",
          "dnnl_reorder_primitive_desc_create",
          "dnnl_primitive_desc_query_md",
          "dnnl_primitive_desc_destroy",
          "dnnl_primitive_create",
          "dnnl_primitive_destroy",
          "dnnl_primitive_execute",
          "dnnl_memory_create",
          "dnnl_memory_get_data_handle",
          "dnnl_memory_destroy",
          "omp_set_num_threads");

  private static final String KIND = "a oneDNN on OpenMP";

  /** What of the processor oneDNN may use for bfloat16. */
  enum Instructions {
    /** Nothing that multiplies bfloat16: operands are widened, if they can be multiplied at all. */
    NONE,
    /** AVX512-BF16: two products a lane where float32 has one. */
    AVX512_BF16,
    /** AMX-BF16: tiles, sixteen times float32's rate at best. */
    AMX;

    /** From the bits of {@code dnnl_cpu_isa_t}, in which each set holds those below it. */
    static Instructions of(int isa) {
      if (holds(isa, DnnlHeader.dnnl_cpu_isa_avx512_core_amx())) {
        return AMX;
      }
      return holds(isa, DnnlHeader.dnnl_cpu_isa_avx512_core_bf16()) ? AVX512_BF16 : NONE;
    }

    private static boolean holds(int isa, int wanted) {
      return (isa & wanted) == wanted;
    }
  }

  /** The library of this JVM, or the reason why there is none. */
  private record Attempt(Optional<DnnlLibrary> library, String reason) {
    static final Attempt ONLY = make();

    private static Attempt make() {
      try {
        return new Attempt(Optional.of(load()), "");
      } catch (UnavailableException e) {
        return new Attempt(Optional.empty(), e.getMessage());
      }
    }
  }

  /** The library of this JVM, loaded at the first call. */
  static DnnlLibrary get() throws UnavailableException {
    Attempt attempt = Attempt.ONLY;
    return attempt.library().orElseThrow(() -> new UnavailableException(attempt.reason()));
  }

  /**
   * Loads oneDNN: the file that {@code -Dawp.dnnl} names, else the one of the jar on the class
   * path, taken out to the cache folder.
   */
  static DnnlLibrary load() throws UnavailableException {
    String override = System.getProperty("awp.dnnl", "");
    Path file = override.isEmpty() ? loadBundle() : loadOverride(override);
    MemorySegment version = DnnlHeader.dnnl_version();
    return new DnnlLibrary(
        file,
        "%s.%s.%s"
            .formatted(
                dnnl_version_t.major(version),
                dnnl_version_t.minor(version),
                dnnl_version_t.patch(version)),
        Instructions.of(DnnlHeader.dnnl_get_effective_cpu_isa()));
  }

  private static Path loadBundle() throws UnavailableException {
    Bundle bundle =
        Bundle.present("dnnl")
            .orElseThrow(
                () ->
                    new UnavailableException(
                        "no oneDNN for %s %s is on the class path"
                            .formatted(
                                System.getProperty("os.name"), System.getProperty("os.arch"))));
    return LibraryLoader.load(bundle, SYMBOLS, KIND);
  }

  private static Path loadOverride(String value) throws UnavailableException {
    Path file = Path.of(value).toAbsolutePath();
    if (!Files.isRegularFile(file)) {
      throw new UnavailableException("-Dawp.dnnl names " + file + ", which is not a file");
    }
    LibraryLoader.load(file, SYMBOLS, KIND);
    return file;
  }
}
