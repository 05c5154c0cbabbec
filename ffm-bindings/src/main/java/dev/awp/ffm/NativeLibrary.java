// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.ffm;

import dev.awp.blas.BlasProvider.UnavailableException;
import dev.awp.ffm.openblas.OpenBlasHeader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The OpenBLAS that this process has loaded.
 *
 * @param file as given to the operating system's loader
 * @param config what the library says of itself, such as "OpenBLAS 0.3.31 DYNAMIC_ARCH SkylakeX"
 * @param core the processor family that its kernels were chosen for
 */
public record NativeLibrary(Path file, String config, String core) {
  private static final Logger LOG = LoggerFactory.getLogger(NativeLibrary.class);

  private static final String KIND = "an OpenBLAS with LAPACK";
  private static final Pattern VERSION = Pattern.compile("OpenBLAS (\\S+)");

  /**
   * Everything that the generated bindings look up; checked before the library counts as usable.
   */
  static final List<String> SYMBOLS =
      List.of(
          "cblas_sgemm",
          "cblas_ssyrk",
          "cblas_ssymm",
          "spotrf_",
          "spotri_",
          "ssyevd_",
          "openblas_set_num_threads",
          "openblas_get_num_threads",
          "openblas_get_config",
          "openblas_get_corename");

  /**
   * Loads OpenBLAS: the file that {@code -Dawp.openblas} names, else the one of the jar on the
   * class path, taken out to the cache folder, else the system's. From then on its calls run on the
   * calling thread alone, since awp splits work itself.
   */
  static NativeLibrary load() throws UnavailableException {
    String override = System.getProperty("awp.openblas", "");
    if (!override.isEmpty()) {
      return loadOverride(override);
    }
    Optional<Bundle> bundle = Bundle.present("openblas");
    if (bundle.isEmpty()) {
      return loadFile(SystemLibrary.find());
    }
    return described(LibraryLoader.load(bundle.get(), SYMBOLS, KIND));
  }

  /** "0.3.31", or all of {@link #config} where it does not begin as OpenBLAS's does. */
  String version() {
    Matcher matcher = VERSION.matcher(config);
    return matcher.lookingAt() ? matcher.group(1) : config;
  }

  private static NativeLibrary loadOverride(String value) throws UnavailableException {
    Path file = Path.of(value).toAbsolutePath();
    if (!Files.isRegularFile(file)) {
      throw new UnavailableException("-Dawp.openblas names " + file + ", which is not a file");
    }
    return loadFile(file);
  }

  private static NativeLibrary loadFile(Path file) throws UnavailableException {
    LibraryLoader.load(file, SYMBOLS, KIND);
    return described(file);
  }

  private static NativeLibrary described(Path file) throws UnavailableException {
    String config = OpenBlasHeader.openblas_get_config().getString(0);
    checkIntegers(file, config);
    OpenBlasHeader.openblas_set_num_threads(1);
    String core = OpenBlasHeader.openblas_get_corename().getString(0);
    emptyCoreTypeWarning(Optional.ofNullable(System.getenv("OPENBLAS_CORETYPE")), core)
        .ifPresent(LOG::warn);
    return new NativeLibrary(file, config.trim(), core);
  }

  /**
   * Nothing else tells a library whose integers have 64 bits: its functions have the same names.
   */
  static void checkIntegers(Path file, String config) throws UnavailableException {
    if (config.contains("USE64BITINT")) {
      throw new UnavailableException(
          file + " takes 64-bit integers (" + config + "); awp needs an OpenBLAS with 32-bit ones");
    }
  }

  /** OpenBLAS may take an empty OPENBLAS_CORETYPE for a wish rather than detect the processor. */
  static Optional<String> emptyCoreTypeWarning(Optional<String> variable, String core) {
    return variable
        .filter(String::isEmpty)
        .map(
            empty ->
                "OPENBLAS_CORETYPE is set but empty, which can keep OpenBLAS from detecting the"
                    + " processor; it runs its kernels for "
                    + core
                    + ". Unset the variable.");
  }
}
