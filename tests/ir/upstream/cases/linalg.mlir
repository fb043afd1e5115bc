#rows = affine_map<(d0, d1) -> (d0, d1)>
#copy = {indexing_maps = [#rows, #rows], iterator_types = ["parallel", "parallel"]}
#sums = affine_map<(d0, d1) -> (d0)>
func.func @row_sums(%a: tensor<?x?xf32>, %init: tensor<?xf32>) -> tensor<?xf32> {
  %0 = linalg.generic {indexing_maps = [#rows, #sums], iterator_types = ["parallel", "reduction"]}
      ins(%a : tensor<?x?xf32>) outs(%init : tensor<?xf32>) {
  ^bb0(%x: f32, %sum: f32):
    %1 = arith.addf %x, %sum : f32
    linalg.yield %1 : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

func.func @two_results(%a: tensor<4x8xf32>, %s: f32, %i: tensor<4x8xi32>) -> (tensor<4x8xf32>, tensor<4x8xi32>) {
  %0:2 = linalg.generic {doc = "two", indexing_maps = [#rows, affine_map<(d0, d1) -> ()>, #rows, #rows], iterator_types = ["parallel", "parallel"], library_call = "none"}
      ins(%a, %s : tensor<4x8xf32>, f32) outs(%a, %i : tensor<4x8xf32>, tensor<4x8xi32>) attrs = {psm.tag = 1 : i64} {
  ^bb0(%x: f32, %y: f32, %o: f32, %p: i32):
    %1 = linalg.index 1 : index
    %2 = arith.index_cast %1 : index to i32
    %3 = arith.mulf %x, %y : f32
    linalg.yield %3, %2 : f32, i32
  } -> (tensor<4x8xf32>, tensor<4x8xi32>)
  return %0#0, %0#1 : tensor<4x8xf32>, tensor<4x8xi32>
}

func.func @in_place(%m: memref<?x?xf32>, %x: f32, %t: tensor<?xf32>) -> tensor<?xf32> {
  linalg.fill ins(%x : f32) outs(%m : memref<?x?xf32>)
  linalg.generic {indexing_maps = [#rows], iterator_types = ["parallel", "parallel"]} outs(%m : memref<?x?xf32>) {
  ^bb0(%o: f32):
    linalg.yield %o : f32
  }
  linalg.generic #copy ins(%m : memref<?x?xf32>) outs(%m : memref<?x?xf32>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  }
  %0 = linalg.fill ins(%x : f32) outs(%t : tensor<?xf32>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
