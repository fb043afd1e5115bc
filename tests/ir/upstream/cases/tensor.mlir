func.func @access(%t: tensor<?x4xf32>, %n: index, %x: f32) -> tensor<?x4xf32> {
  %0 = tensor.empty(%n) : tensor<?x4xf32>
  %1 = tensor.empty() : tensor<2xi1>
  %2 = tensor.extract %t[%n, %n] : tensor<?x4xf32>
  %3 = tensor.insert %x into %0[%n, %n] : tensor<?x4xf32>
  %4 = tensor.dim %t, %n : tensor<?x4xf32>
  %5 = tensor.from_elements %n, %n : tensor<2xindex>
  %6 = tensor.from_elements %x : tensor<f32>
  %7 = tensor.splat %x[%n] : tensor<?x4xf32>
  %8 = tensor.splat %x : tensor<4xf32>
  %9 = tensor.cast %t : tensor<?x4xf32> to tensor<3x?xf32>
  %10 = tensor.extract %6[] : tensor<f32>
  return %3 : tensor<?x4xf32>
}

func.func @shapes(%t: tensor<?x4xf32>, %n: index, %s: tensor<2xindex>, %c: tensor<1x1xf32>) {
  %0 = tensor.expand_shape %t [[0, 1], [2]] output_shape [2, %n, 4] : tensor<?x4xf32> into tensor<2x?x4xf32>
  %1 = tensor.collapse_shape %0 [[0, 1], [2]] : tensor<2x?x4xf32> into tensor<?x4xf32>
  %2 = tensor.collapse_shape %c [] : tensor<1x1xf32> into tensor<f32>
  %3 = tensor.reshape %t(%s) : (tensor<?x4xf32>, tensor<2xindex>) -> tensor<?x?xf32>
  %4 = tensor.bitcast %t : tensor<?x4xf32> to tensor<?x4xi32>
  return
}

func.func @slices(%t: tensor<?x4xf32>, %n: index, %r: tensor<4xf32>) {
  %0 = tensor.extract_slice %t[0, %n] [%n, 2] [1, 1] : tensor<?x4xf32> to tensor<?x2xf32>
  %1 = tensor.extract_slice %t[%n, 0] [1, 4] [1, 1] : tensor<?x4xf32> to tensor<4xf32>
  %2 = tensor.insert_slice %r into %t[%n, 0] [1, 4] [1, 1] : tensor<4xf32> into tensor<?x4xf32>
  %3 = tensor.concat dim(1) %t, %t : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x8xf32>
  return
}

func.func @regions(%t: tensor<?x4xf32>, %n: index, %x: f32) {
  %0 = tensor.generate %n {
  ^bb0(%i: index, %j: index):
    tensor.yield %x : f32
  } : tensor<?x4xf32>
  %1 = tensor.pad %t low[0, %n] high[1, 2] {
  ^bb0(%i: index, %j: index):
    tensor.yield %x : f32
  } : tensor<?x4xf32> to tensor<?x?xf32>
  %2 = tensor.pad %t nofold low[0, 0] high[1, 2] {
  ^bb0(%i: index, %j: index):
    tensor.yield %x : f32
  } : tensor<?x4xf32> to tensor<?x6xf32>
  return
}
