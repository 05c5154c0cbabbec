// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.ffm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.blas.Blas;
import dev.awp.blas.BlasProvider;
import dev.awp.blas.BlasProvider.UnavailableException;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;

class OpenBlasProviderTest {
  @Test
  void coreFindsItThroughServiceLoader() throws UnavailableException {
    List<BlasProvider> providers =
        ServiceLoader.load(BlasProvider.class).stream()
            .map(ServiceLoader.Provider::get)
            .filter(provider -> provider.name().equals("openblas"))
            .toList();
    assertEquals(1, providers.size());
    Blas blas = assertInstanceOf(OpenBlas.class, providers.getFirst().load());
    assertTrue(blas.name().matches("OpenBLAS \\d+\\.\\d+\\.\\d+ \\w+"), blas.name());
  }
}
