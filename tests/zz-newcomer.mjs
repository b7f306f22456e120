import { chromium } from '@playwright/test';
const b = await chromium.launch({executablePath:'/usr/bin/chromium',args:['--headless','--no-sandbox','--disable-gpu','--disable-quic','--no-first-run','--disable-background-networking','--disable-component-update','--disable-sync']});
const mk = async (o={})=>{const c=await b.newContext({viewport:{width:1280,height:800},locale:'fr-FR',acceptDownloads:true,permissions:['clipboard-read','clipboard-write'],...o});const p=await c.newPage();p.on('pageerror',e=>console.log('PAGEERR',e.message));p.on('console',m=>{if(['error','warning'].includes(m.type()))console.log('CONSOLE',m.text().slice(0,300))});p.setDefaultTimeout(8000);return p};
const login = async (p,name)=>{await p.goto('http://localhost:41730/');await p.getByRole('button',{name:new RegExp(name)}).first().click();await p.waitForTimeout(1500);await p.goto('http://localhost:41730/accounts');await p.waitForTimeout(2000)};
const shot=(p,n,o={})=>p.screenshot({path:`/tmp/newcomer-${n}.png`,...o});
const {default:run}=await import(process.argv[2]);
try{await run({b,mk,login,shot})}catch(e){console.log('ERR',e.message.slice(0,1500))}
await b.close();
