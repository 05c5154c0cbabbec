// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compute;

import dev.awp.AwpException;
import dev.awp.blas.Blas;
import dev.awp.blas.BlasProvider;
import dev.awp.blas.BlasProvider.UnavailableException;
import dev.awp.blas.JavaBlas;
import dev.awp.kernel.Kernels;
import dev.awp.kernel.scalar.ScalarKernels;
import dev.awp.kernel.vector.VectorKernels;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.ServiceLoader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses kernels and BLAS, once in a JVM. {@code -Dawp.kernels=scalar|vector} and {@code
 * -Dawp.blas=openblas|java} force a choice, and fail where it cannot be had; without them the
 * fastest that runs is taken, and falling back is told in one warning.
 */
public final class KernelProvider {
  /** The system property that forces the kernels. */
  public static final String KERNELS_PROPERTY = "awp.kernels";

  /** The system property that forces the BLAS. */
  public static final String BLAS_PROPERTY = "awp.blas";

  private static final Logger LOG = LoggerFactory.getLogger(KernelProvider.class);

  private KernelProvider() {}

  private static final class ChosenKernels {
    static final Kernels KERNELS = logged("kernels", choose(property(KERNELS_PROPERTY)));

    private static Kernels logged(String what, Kernels kernels) {
      LOG.info("{}: {}", what, kernels.name());
      return kernels;
    }
  }

  private static final class ChosenBlas {
    static final Blas BLAS = logged(chooseBlas(property(BLAS_PROPERTY), kernels()));

    private static Blas logged(Blas blas) {
      LOG.info("blas: {}", blas.name());
      return blas;
    }
  }

  /** The kernels of this JVM. */
  public static Kernels kernels() {
    return once(() -> ChosenKernels.KERNELS);
  }

  /** The BLAS of this JVM, one thread a call. */
  public static Blas blas() {
    return once(() -> ChosenBlas.BLAS);
  }

  /** A failed choice surfaces as itself, not as the error of a class that could not start. */
  private static <T> T once(java.util.function.Supplier<T> choice) {
    try {
      return choice.get();
    } catch (ExceptionInInitializerError e) {
      if (e.getCause() instanceof AwpException failure) {
        throw failure;
      }
      throw e;
    }
  }

  private static Kernels choose(String wanted) {
    return switch (wanted) {
      case "scalar" -> ScalarKernels.create();
      case "vector" -> {
        if (!VectorModule.isReady()) {
          throw new AwpException(
              "-D%s=vector: the Vector API is not in this JVM, start it with %s"
                  .formatted(KERNELS_PROPERTY, VectorModule.FLAG));
        }
        yield VectorKernels.create();
      }
      case "" -> {
        if (VectorModule.isReady()) {
          yield VectorKernels.create();
        }
        LOG.warn("the kernels are scalar and slow: start the JVM with {}", VectorModule.FLAG);
        yield ScalarKernels.create();
      }
      default ->
          throw new AwpException(
              "-D%s=%s: the choices are scalar and vector".formatted(KERNELS_PROPERTY, wanted));
    };
  }

  private static Blas chooseBlas(String wanted, Kernels kernels) {
    if (wanted.equals("java")) {
      return new JavaBlas(kernels);
    }
    List<String> reasons = new ArrayList<>();
    for (BlasProvider provider : ServiceLoader.load(BlasProvider.class)) {
      if (wanted.isEmpty() || wanted.equals(provider.name())) {
        try {
          return provider.load();
        } catch (UnavailableException e) {
          reasons.add(provider.name() + ": " + e.getMessage());
        }
      }
    }
    if (reasons.isEmpty()) {
      reasons.add("no module that provides one is on the class path");
    }
    String why = String.join("; ", reasons);
    if (!wanted.isEmpty()) {
      throw new AwpException(
          "-D%s=%s cannot be had: %s (java is always there)".formatted(BLAS_PROPERTY, wanted, why));
    }
    LOG.warn("no native BLAS, matrix products run in Java: {}", why);
    return new JavaBlas(kernels);
  }

  private static String property(String name) {
    return System.getProperty(name, "").toLowerCase(Locale.ROOT);
  }
}
