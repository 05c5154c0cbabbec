// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** What GGUF says: values of metadata. Knows neither files nor blocks. */
package dev.awp.gguf;
