// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * OpenBLAS and oneDNN for awp, found through {@link java.util.ServiceLoader}. Start the JVM with
 * {@code --enable-native-access=dev.awp.ffm}.
 */
module dev.awp.ffm {
  requires dev.awp.core;
  requires org.slf4j;

  provides dev.awp.blas.mixed.Bf16Provider with
      dev.awp.ffm.DnnlProvider;
  provides dev.awp.blas.BlasProvider with
      dev.awp.ffm.OpenBlasProvider;
}
