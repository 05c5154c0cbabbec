// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.ffm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.blas.BlasProvider.UnavailableException;
import dev.awp.ffm.ForkedLoad.Result;
import dev.awp.ffm.ForkedLoad.Running;
import dev.awp.ffm.ForkedLoad.Setting;
import dev.awp.ffm.openblas.OpenBlasHeader;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class NativeLibraryTest {
  private static final Bundle BUNDLE =
      Bundle.of("openblas", Platform.current().orElseThrow()).orElseThrow();
  private static final String OPENBLAS = BUNDLE.libraries().getLast().file();

  @TempDir private Path folder;

  private Setting inCache(String... more) {
    return Setting.ofFlags(
        Stream.concat(Stream.of("-Dawp.cache=" + folder.resolve("a cache")), Stream.of(more))
            .toArray(String[]::new));
  }

  private Path cached(String file) {
    return folder.resolve("a cache", BUNDLE.name(), file);
  }

  private void fillCache() throws UnavailableException {
    new LibraryCache(folder.resolve("a cache")).provide(BUNDLE);
  }

  private Set<String> cacheFiles() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("a cache", BUNDLE.name()))) {
      return files.map(f -> f.getFileName().toString()).collect(Collectors.toSet());
    }
  }

  @Test
  void aFreshCacheIsFilled() throws IOException {
    assertEquals(cached(OPENBLAS), inCache().run().file());
    assertEquals(
        BUNDLE.libraries().stream().map(Bundle.Library::file).collect(Collectors.toSet()),
        cacheFiles());
  }

  @Test
  void aTruncatedLibraryIsReplacedBeforeItIsLoaded() throws Exception {
    fillCache();
    byte[] whole = Files.readAllBytes(cached(OPENBLAS));
    Files.write(cached(OPENBLAS), Arrays.copyOf(whole, whole.length / 2));
    assertEquals(cached(OPENBLAS), inCache().run().file());
    assertEquals(-1, Arrays.mismatch(whole, Files.readAllBytes(cached(OPENBLAS))));
  }

  @Test
  void severalProcessesFillTheCacheAtOnce() throws IOException {
    List<Running> processes = IntStream.range(0, 3).mapToObj(i -> inCache().start()).toList();
    for (Running process : processes) {
      assertEquals(cached(OPENBLAS), process.result().file());
    }
    assertEquals(BUNDLE.libraries().size(), cacheFiles().size());
  }

  @Test
  void theCacheOfTheUserIsTheDefault() {
    Result result =
        new Setting(
                List.of("-Duser.home=" + folder),
                Map.of("XDG_CACHE_HOME", "", "LOCALAPPDATA", ""),
                List.of())
            .run();
    assertTrue(result.file().startsWith(folder), result.output());
  }

  @Test
  void aCacheThatCannotBeMadeIsNamed() throws IOException {
    Path file = Files.createFile(folder.resolve("a cache"));
    String reason = inCache().run().reason();
    assertTrue(
        reason.startsWith("the cache folder " + file.resolve(BUNDLE.name()) + " cannot be made ("),
        reason);
    assertTrue(reason.endsWith("); -Dawp.cache names another"), reason);
  }

  @Test
  void anOverrideIsLoadedInsteadOfTheJars() throws Exception {
    Path elsewhere = new LibraryCache(folder.resolve("other")).provide(BUNDLE).resolve(OPENBLAS);
    Result result = inCache("-Dawp.openblas=" + elsewhere).run();
    assertEquals(elsewhere, result.file());
    assertTrue(Files.notExists(folder.resolve("a cache")));
  }

  @Test
  void anOverrideThatIsNotThereIsNamed() {
    Path missing = folder.resolve("libopenblas.so");
    assertEquals(
        "-Dawp.openblas names " + missing + ", which is not a file",
        inCache("-Dawp.openblas=" + missing).run().reason());
    assertEquals(
        "-Dawp.openblas names " + folder + ", which is not a file",
        inCache("-Dawp.openblas=" + folder).run().reason());
  }

  @Test
  void anOverrideThatIsNoLibraryIsNamed() throws IOException {
    Path text = Files.writeString(folder.resolve("libopenblas.so"), "not a library");
    String reason = inCache("-Dawp.openblas=" + text).run().reason();
    assertTrue(reason.startsWith(text + " cannot be loaded: "), reason);
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void anOverrideThatIsAnotherLibraryIsNamed() throws Exception {
    fillCache();
    Path other = cached(BUNDLE.libraries().getFirst().file());
    assertEquals(
        other + " is not an OpenBLAS with LAPACK: it has no cblas_sgemm",
        inCache("-Dawp.openblas=" + other).run().reason());
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void withoutAJarTheSystemsLibraryIsTaken() throws Exception {
    fillCache();
    Setting setting = inCache().withoutJar("openblas-");
    Result result = setting.with("LD_LIBRARY_PATH", cached("").toString()).run();
    assertEquals(cached("libopenblas.so.0"), result.file());
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void withoutAnyLibraryTheReasonSaysWhatWasLookedFor() throws IOException {
    // Found first by the loader, it hides whatever the system has.
    Files.writeString(folder.resolve("libopenblas.so.0"), "not a library");
    Setting setting = inCache().withoutJar("openblas-");
    assertEquals(
        "no OpenBLAS for Linux %s is on the class path, and the system has no usable libopenblas.so.0"
            .formatted(System.getProperty("os.arch")),
        setting.with("LD_LIBRARY_PATH", folder.toString()).run().reason());
  }

  @Test
  @EnabledOnOs(architectures = "amd64")
  void theCoreThatTheEnvironmentWishesForIsReported() throws Exception {
    fillCache();
    assertEquals("Nehalem", inCache().with("OPENBLAS_CORETYPE", "Nehalem").run().core());
  }

  @Test
  void anEmptyCoreTypeIsWarnedOf() {
    assertEquals(Optional.empty(), NativeLibrary.emptyCoreTypeWarning(Optional.empty(), "Zen"));
    assertEquals(Optional.empty(), NativeLibrary.emptyCoreTypeWarning(Optional.of("Zen"), "Zen"));
    String warning = NativeLibrary.emptyCoreTypeWarning(Optional.of(""), "Zen").orElseThrow();
    assertTrue(warning.startsWith("OPENBLAS_CORETYPE is set but empty"), warning);
    assertTrue(warning.contains("Zen"), warning);
  }

  @Test
  void librariesWith64BitIntegersAreRefused() throws UnavailableException {
    Path file = Path.of("libopenblas64.so");
    NativeLibrary.checkIntegers(file, "OpenBLAS 0.3.31 DYNAMIC_ARCH Zen MAX_THREADS=64");
    assertEquals(
        "libopenblas64.so takes 64-bit integers (OpenBLAS 0.3.31 USE64BITINT Zen); awp needs an"
            + " OpenBLAS with 32-bit ones",
        assertThrows(
                UnavailableException.class,
                () -> NativeLibrary.checkIntegers(file, "OpenBLAS 0.3.31 USE64BITINT Zen"))
            .getMessage());
  }

  @Test
  void theVersionIsReadFromTheConfiguration() {
    Path file = Path.of("libopenblas.so");
    assertEquals(
        "0.3.31", new NativeLibrary(file, "OpenBLAS 0.3.31 DYNAMIC_ARCH Zen", "Zen").version());
    assertEquals("something", new NativeLibrary(file, "something", "Zen").version());
  }

  @Test
  void everySymbolOfTheBindingsIsCheckedFor() {
    Set<String> bound =
        Stream.of(OpenBlasHeader.class.getMethods())
            .map(Method::getName)
            .filter(name -> name.endsWith("$handle"))
            .map(name -> name.substring(0, name.length() - "$handle".length()))
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(bound, new TreeSet<>(NativeLibrary.SYMBOLS));
  }

  @Test
  void oneThreadComputesACall() {
    Fixtures.openBlas();
    assertEquals(1, OpenBlasHeader.openblas_get_num_threads());
  }

  @Test
  void aByteThatWasChangedIsRepaired() throws Exception {
    fillCache();
    for (Bundle.Library library : BUNDLE.libraries()) {
      byte[] whole = Files.readAllBytes(cached(library.file()));
      byte[] changed = whole.clone();
      changed[whole.length / 2] ^= 1;
      Files.write(cached(library.file()), changed, StandardOpenOption.TRUNCATE_EXISTING);
      fillCache();
      assertEquals(-1, Arrays.mismatch(whole, Files.readAllBytes(cached(library.file()))));
    }
  }
}
