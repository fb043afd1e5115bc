// Tensors made, sliced, padded, reshaped, joined and reduced.
func.func @print(%x: i32) {
  %0 = arith.extsi %x : i32 to i64
  func.call @printI64(%0) : (i64) -> ()
  func.call @printNewline() : () -> ()
  return
}

func.func @show(%t: tensor<?x?xi32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %rows = tensor.dim %t, %c0 : tensor<?x?xi32>
  %columns = tensor.dim %t, %c1 : tensor<?x?xi32>
  scf.for %i = %c0 to %rows step %c1 {
    scf.for %j = %c0 to %columns step %c1 {
      %x = tensor.extract %t[%i, %j] : tensor<?x?xi32>
      func.call @print(%x) : (i32) -> ()
    }
  }
  return
}

func.func @main() {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c4 = arith.constant 4 : index
  %c6 = arith.constant 6 : index
  %nine = arith.constant 9 : i32
  %t = tensor.generate %c4, %c6 {
  ^bb0(%i: index, %j: index):
    %c10 = arith.constant 10 : index
    %p = arith.muli %i, %c10 : index
    %q = arith.addi %p, %j : index
    %r = arith.index_cast %q : index to i32
    tensor.yield %r : i32
  } : tensor<?x?xi32>
  %slice = tensor.extract_slice %t[%c1, 0] [2, 3] [1, %c2] : tensor<?x?xi32> to tensor<2x3xi32>
  %slice_ = tensor.cast %slice : tensor<2x3xi32> to tensor<?x?xi32>
  call @show(%slice_) : (tensor<?x?xi32>) -> ()
  %row = tensor.extract_slice %t[%c2, 1] [1, 4] [1, 1] : tensor<?x?xi32> to tensor<4xi32>
  %column = tensor.expand_shape %row [[0, 1]] output_shape [4, 1] : tensor<4xi32> into tensor<4x1xi32>
  %put = tensor.insert_slice %column into %t[0, %c4] [4, 1] [1, 1] : tensor<4x1xi32> into tensor<?x?xi32>
  call @show(%put) : (tensor<?x?xi32>) -> ()
  %padded = tensor.pad %slice low[1, %c0] high[0, 2] {
  ^bb0(%i: index, %j: index):
    tensor.yield %nine : i32
  } : tensor<2x3xi32> to tensor<3x?xi32>
  %padded_ = tensor.cast %padded : tensor<3x?xi32> to tensor<?x?xi32>
  call @show(%padded_) : (tensor<?x?xi32>) -> ()
  %flat = tensor.collapse_shape %slice [[0, 1]] : tensor<2x3xi32> into tensor<6xi32>
  %one = tensor.extract %flat[%c4] : tensor<6xi32>
  call @print(%one) : (i32) -> ()
  %set = tensor.insert %one into %flat[%c0] : tensor<6xi32>
  %pairs = tensor.expand_shape %set [[0, 1]] output_shape [3, 2] : tensor<6xi32> into tensor<3x2xi32>
  %init = tensor.empty() : tensor<3xi32>
  %zero = arith.constant 0 : i32
  %start = linalg.fill ins(%zero : i32) outs(%init : tensor<3xi32>) -> tensor<3xi32>
  %sums = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]}
      ins(%pairs : tensor<3x2xi32>) outs(%start : tensor<3xi32>) {
  ^bb0(%x: i32, %y: i32):
    %s = arith.addi %x, %y : i32
    linalg.yield %s : i32
  } -> tensor<3xi32>
  %sums_ = tensor.expand_shape %sums [[0, 1]] output_shape [1, 3] : tensor<3xi32> into tensor<1x3xi32>
  %shown = tensor.cast %sums_ : tensor<1x3xi32> to tensor<?x?xi32>
  call @show(%shown) : (tensor<?x?xi32>) -> ()
  %elements = tensor.from_elements %one, %nine, %zero : tensor<3xi32>
  %last = tensor.extract %elements[%c2] : tensor<3xi32>
  call @print(%last) : (i32) -> ()
  return
}
