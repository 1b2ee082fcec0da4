// @vitest-environment happy-dom
import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'
import { Markdown } from './Markdown'

const render = (source: string) => {
  const page = document.createElement('div')
  page.innerHTML = renderToStaticMarkup(<Markdown>{source}</Markdown>)
  return page
}

test('raw HTML of a model is never markup', () => {
  const page = render(
    'Hi <img src=x onerror=alert(1)> <script>alert(1)</script>\n\n<iframe src="//evil.example"></iframe>',
  )
  expect(page.querySelector('img, script, iframe')).toBeNull()
})

test('links open apart from us, and only to the web or to mail', () => {
  const page = render('[good](https://example.org) [bad](javascript:alert(1)) [data](data:text/html,x)')
  const [good, bad, data] = [...page.querySelectorAll('a')]
  expect(good?.rel).toContain('noopener')
  expect(good?.getAttribute('href')).toBe('https://example.org')
  expect(bad?.getAttribute('href')).toBe('')
  expect(data?.getAttribute('href')).toBe('')
})

test('an image elsewhere is a link, and is not loaded', () => {
  const page = render('![chart](https://elsewhere.example/x.png?secret=1)')
  expect(page.querySelector('img')).toBeNull()
  expect(page.querySelector('a')?.textContent).toBe('chart')
})

test('an image of our own is shown', () => {
  expect(render('![own](/files/x.png)').querySelector('img')?.getAttribute('src')).toBe('/files/x.png')
})

test('tables and lists are drawn', () => {
  expect(render('| a | b |\n|---|---|\n| 1 | 2 |').querySelectorAll('td')).toHaveLength(2)
})
