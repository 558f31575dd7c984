// Lint rules for oxlint and ESLint, for programs on the scheduler.
//
// `forgotten-star`: a call makes an operation that nobody begins, because its `yield*` is forgotten.
// `sleep(1)` as a statement compiles, and does nothing. What a name stands for is found in the file alone,
// without types: a `function*` or a generator method of the same class, what is imported from gdl, and
// the methods of a `const` that was made by gdl. What comes by other ways (a parameter, a field, another
// file's `function*`) is left to the types and to debug mode.
//
// `rethrow-exit`: a `catch` around a `yield*` would swallow a kill. It begins with `rethrowExit(error)` or
// with an `if` that throws what it is not meant for, or ends with `throw error`.

const METHODS_OF_QUEUE = ['get', 'peek', 'put']
const METHODS_OF_GROUP = ['apply', 'join', 'kill', 'map']

/** What parks of each class, and of each object of `gdl/io`. */
export const METHODS = {
  AsyncResult: ['get', 'wait'],
  BoundedSemaphore: ['acquire', 'wait'],
  Channel: ['get', 'put'],
  Event: ['wait'],
  Greenlet: ['get', 'join', 'kill'],
  Group: METHODS_OF_GROUP,
  Hub: ['join', 'wait'],
  JoinableQueue: [...METHODS_OF_QUEUE, 'join'],
  LifoQueue: METHODS_OF_QUEUE,
  Pool: [...METHODS_OF_GROUP, 'add', 'spawn'],
  PriorityQueue: METHODS_OF_QUEUE,
  Queue: METHODS_OF_QUEUE,
  RLock: ['acquire'],
  Semaphore: ['acquire', 'wait'],
  Waiter: ['get', 'getWithin'],
  file: ['makeFolder', 'open', 'readFile', 'remove', 'rename', 'writeFile'],
  http: ['get'],
  socket: ['connect', 'listen'],
}

/** Functions that give an operation, and what the others give. */
export const OPERATIONS = ['assertSwitches', 'idle', 'joinall', 'killall', 'nursery', 'sleep']
OPERATIONS.push('until', 'wait', 'withTimeout')
const GIVES = { getHub: 'Hub', getcurrent: 'Greenlet', spawn: 'Greenlet', spawnLater: 'Greenlet' }

/** Of the package, or of its sources. */
const GDL = /^(?:gdl\/(?:scheduler|io)|\.\.?\/(?:.*\/)?(?:scheduler|io)\/.*)/

const forgottenStar = {
  meta: {
    type: 'problem',
    docs: { description: 'An operation that is made must be begun, with yield*.' },
    messages: { forgotten: 'This makes an operation that nobody begins: write yield* before it.' },
    schema: [],
  },
  create(context) {
    const check = (node, made) => {
      const call = made?.type === 'ChainExpression' ? made.expression : made
      if (call?.type === 'CallExpression' && givesOperation(call.callee, context.sourceCode)) {
        context.report({ node, messageId: 'forgotten' })
      }
    }
    return {
      ExpressionStatement({ expression }) {
        const isAwaited = expression.type === 'AwaitExpression'
        check(expression, isAwaited ? expression.argument : expression)
      },
      YieldExpression(node) {
        if (!node.delegate) check(node, node.argument)
      },
    }
  },
}

const rethrowExit = {
  meta: {
    type: 'problem',
    docs: { description: 'A catch around a yield* lets kills and Timeouts through.' },
    messages: {
      swallowed: 'This swallows kills: begin with rethrowExit(error), or end with throw error.',
    },
    schema: [],
  },
  create: (context) => ({
    TryStatement({ block, handler }) {
      if (handler !== null && parks(block) && !letsExitsThrough(handler)) {
        context.report({ node: handler, messageId: 'swallowed' })
      }
    },
  }),
}

/** Whether there is a `yield` in it, functions in it not counted. */
function parks(node) {
  if (Array.isArray(node)) return node.some(parks)
  if (typeof node?.type !== 'string' || /Function/.test(node.type)) return false
  if (node.type === 'YieldExpression') return true
  return Object.entries(node).some(([key, child]) => key !== 'parent' && parks(child))
}

function letsExitsThrough({ param, body: { body } }) {
  const isError = (node) => node?.type === 'Identifier' && node.name === param?.name
  const throwsIt = (node) => node?.type === 'ThrowStatement' && isError(node.argument)
  const [first] = body
  if (first?.type === 'IfStatement' && throwsIt(first.consequent)) return true
  const { callee, arguments: given } = first?.expression ?? {}
  return (callee?.name === 'rethrowExit' && isError(given[0])) || throwsIt(body.at(-1))
}

function givesOperation(callee, sourceCode) {
  if (callee.type === 'Identifier') {
    const definition = definitionOf(callee, sourceCode)
    const imported = importedName(definition)
    if (imported !== undefined) return OPERATIONS.includes(imported)
    return isGenerator(
      definition?.type === 'FunctionName' ? definition.node : constantOf(definition),
    )
  }
  if (callee.type !== 'MemberExpression' || callee.computed) return false
  if (callee.object.type === 'ThisExpression') return isGenerator(methodOf(callee))
  return METHODS[kindOf(callee.object, sourceCode)]?.includes(callee.property.name) === true
}

function isGenerator(node) {
  return node?.generator === true
}

/** Where the name was made, in this scope or one around it. */
function definitionOf(identifier, sourceCode) {
  for (let scope = sourceCode.getScope(identifier); scope !== null; scope = scope.upper) {
    const variable = scope.set.get(identifier.name)
    if (variable !== undefined) return variable.defs[0]
  }
  return undefined
}

/** The name that gdl gives it, if it is imported from there. */
function importedName(definition) {
  if (definition?.type !== 'ImportBinding' || definition.node.type !== 'ImportSpecifier')
    return undefined
  return GDL.test(definition.parent.source.value) ? definition.node.imported.name : undefined
}

/** What a `const` was given. */
function constantOf(definition) {
  const isConstant = definition?.type === 'Variable' && definition.parent?.kind === 'const'
  return isConstant ? definition.node.init : undefined
}

/** The class of gdl, or the object of gdl/io, that `object` is known to be. */
function kindOf(object, sourceCode) {
  if (object.type === 'NewExpression' && object.callee.type === 'Identifier') {
    return importedName(definitionOf(object.callee, sourceCode))
  }
  if (object.type === 'CallExpression' && object.callee.type === 'Identifier') {
    return GIVES[importedName(definitionOf(object.callee, sourceCode))]
  }
  if (object.type !== 'Identifier') return undefined
  const definition = definitionOf(object, sourceCode)
  const made = constantOf(definition)
  return made === undefined || made === null ? importedName(definition) : kindOf(made, sourceCode)
}

/** The method of the class around `this.method` that has its name. */
function methodOf({ object, property }) {
  let around = object.parent
  while (around !== null && around !== undefined && around.type !== 'ClassBody')
    around = around.parent
  const member = around?.body.find(
    ({ key }) => key?.type === property.type && key.name === property.name,
  )
  return member?.value
}

export default {
  meta: { name: 'gdl' },
  rules: { 'forgotten-star': forgottenStar, 'rethrow-exit': rethrowExit },
}
